# frozen_string_literal: true

# Martlet's Ruby runtime: asks the Runtime API for events and gives them to the function's handler. Start-up time is the
# point: it runs without gems, which are loaded when something asks for one. A process that is started ahead of any function
# (MARTLET_PREBOOT) loads them at once and learns from the platform which function it serves.

require "json"
require "socket"
require_relative "martlet_context"
require_relative "martlet_failures"
require_relative "martlet_requires"
require_relative "martlet_runtime_api"

module Martlet
  # The methods that "file.method" or "file.Module::Class.method" names.
  class Handler
    def initialize(name)
      @file, *rest = name.split(".")
      @method = rest.pop
      @owner = rest.pop
      return if @method && rest.empty?

      raise ArgumentError, "Invalid handler #{name}: it must be FILE.METHOD or FILE.CLASS.METHOD"
    end

    def load
      require File.expand_path(@file, ENV.fetch("LAMBDA_TASK_ROOT", "/var/task"))
      @receiver = @owner ? Object.const_get(@owner) : TOPLEVEL_BINDING.receiver
      return if @receiver.respond_to?(@method, true)

      raise NoMethodError, "undefined method '#{@method}' for #{@owner || 'main:Object'}"
    end

    def call(event, context)
      @receiver.__send__(@method, event: event, context: context)
    end
  end

  module_function

  # Turns this process into one that was started for the function that is described.
  def become(function)
    ENV.replace(function["variables"])
    Dir.chdir(function["working_directory"])
    $LOAD_PATH.unshift(*ENV.fetch("RUBYLIB", "").split(":"))
    Gem.use_paths(nil, ENV.fetch("GEM_PATH", "").split(":"))
  end

  def encode(result)
    result.respond_to?(:read) ? result.read : JSON.generate(result)
  end

  def run(api, handler, headers, body)
    id = headers["lambda-runtime-aws-request-id"]
    Failures.request_id = id
    ENV["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
    begin
      answer = encode(handler.call(JSON.parse(body), Context.new(headers)))
      api.post("runtime/invocation/#{id}/response", answer)
    rescue SystemExit, SignalException, NoMemoryError
      raise
    rescue Exception => error # also what is no StandardError: a LoadError, a NotImplementedError
      document = Failures.describe(error, "Function")
      Failures.log("Error raised from handler method", document)
      api.post("runtime/invocation/#{id}/error", JSON.generate(document), document["errorType"])
    end
  end

  def load_handler(api)
    handler = Handler.new(ENV.fetch("_HANDLER", ""))
    handler.load
    handler
  rescue SystemExit, SignalException, NoMemoryError
    raise
  rescue Exception => error # as above
    document = Failures.describe(error, "Init")
    Failures.log("Init error when loading handler #{ENV.fetch('_HANDLER', '')}", document)
    api.post("runtime/init/error", JSON.generate(document), document["errorType"])
    exit 1
  end

  def main
    Encoding.default_external = Encoding::UTF_8
    $stdout.sync = $stderr.sync = true
    api = RuntimeApi.new(ENV.fetch("AWS_LAMBDA_RUNTIME_API"))
    if ENV.key?("MARTLET_PREBOOT")
      Requires.preload
      become(JSON.parse(api.get("martlet/function").last))
    end
    handler = load_handler(api)
    loop { run(api, handler, *api.get("runtime/invocation/next")) }
  end
end

Martlet.main
