# frozen_string_literal: true

module Martlet
  # What happens when a function requires something: gems are loaded once one is asked for, and Logger learns the request id.
  module Requires
    # What most functions, and the AWS SDK in them, require.
    PRELOADED = %w[logger time date set securerandom digest base64 uri net/http openssl stringio tempfile erb].freeze

    module_function

    def preload
      gems
      PRELOADED.each { |name| require name }
    end

    def gems
      return false if @gems

      @gems = true
      Kernel.__send__(:require, "rubygems")
      true
    end

    def patch_logger
      return if @logger || !defined?(Logger::Formatter)

      @logger = true
      Logger::Formatter.prepend(Format)
    end

    # AWS's form of a line: the request id after the severity.
    module Format
      def call(severity, time, progname, message)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.%6N")
        text = "#{severity[0]}, [#{stamp} ##{Process.pid}] #{severity.rjust(5)} #{Failures.request_id} -- " \
               "#{progname}: #{msg2str(message)}"
        "#{text.gsub("\n", "\x1f\n")}\n"
      end
    end
  end
end

autoload :Gem, "rubygems"

module Kernel
  alias martlet_require require
  private :martlet_require

  def gem(*arguments)
    Martlet::Requires.gems
    gem(*arguments) # that of gems, which has taken this one's place
  end

  def require(name)
    loaded =
      begin
        martlet_require(name)
      rescue LoadError => error
        raise if error.path != name || !Martlet::Requires.gems

        require(name) # by gems now
      end
    Martlet::Requires.patch_logger if loaded
    loaded
  end
  private :require, :gem
end
