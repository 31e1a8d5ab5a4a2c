# frozen_string_literal: true

module Martlet
  # One kept-alive connection to the Runtime API; net/http would take longer to load than everything here.
  class RuntimeApi
    VERSION = "/2018-06-01/"

    def initialize(address)
      @address = address
      host, _, port = address.rpartition(":")
      @socket = TCPSocket.new(host, port.to_i)
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      @socket.binmode
    end

    # Headers, with names in lower case, and body of what a resource answers.
    def get(path)
      @socket.write("GET #{VERSION}#{path} HTTP/1.1\r\nHost: #{@address}\r\n\r\n")
      answer
    end

    def post(path, body, error_type = nil)
      head = "POST #{VERSION}#{path} HTTP/1.1\r\nHost: #{@address}\r\nContent-Type: application/json\r\n"
      head += "Lambda-Runtime-Function-Error-Type: #{error_type}\r\n" if error_type
      @socket.write("#{head}Content-Length: #{body.bytesize}\r\n\r\n".b + body.b)
      answer
    end

    private

    def answer
      line # the status: what matters to a runtime is in the headers and the body
      headers = {}
      until (text = line).empty?
        name, value = text.split(":", 2)
        headers[name.downcase] = value.strip
      end
      body = @socket.read(headers.fetch("content-length", "0").to_i)
      [headers, body.force_encoding(Encoding::UTF_8)]
    end

    def line
      text = @socket.gets("\r\n")
      exit!(0) if text.nil? # the environment is being ended
      text.force_encoding(Encoding::UTF_8).chomp("\r\n")
    end
  end
end
