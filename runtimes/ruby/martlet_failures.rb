# frozen_string_literal: true

module Martlet
  # Error documents, with the members that AWS gives them, and the lines of the log.
  module Failures
    HERE = "#{__dir__}/"

    class << self
      # Of the event being handled.
      attr_accessor :request_id
    end

    module_function

    # `phase` is Init or Function.
    def describe(error, phase)
      trace = (error.backtrace || []).take_while { |frame| !frame.start_with?(HERE) || frame.include?("martlet_requires") }
      trace.reject! { |frame| frame.start_with?(HERE) }
      message = error.message.dup.force_encoding(Encoding::UTF_8).scrub
      { "errorMessage" => message, "errorType" => "#{phase}<#{error.class}>", "stackTrace" => trace }
    end

    def log(title, document)
      write_event("#{title}\n#{JSON.pretty_generate(document)}")
    end

    # Writes one log event, which may have several lines. Martlet ends an event at a newline; a unit separator before the
    # newline says that the event goes on.
    def write_event(text)
      $stdout.write("#{text.chomp.gsub("\n", "\x1f\n")}\n")
    end
  end
end
