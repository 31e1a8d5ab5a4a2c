package martlet.runtime;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** One kept-alive connection to the Runtime API; java.net.http would take longer to load than everything here. */
final class RuntimeApi {
    static final String VERSION = "/2018-06-01/";

    /** What the Runtime API answered; header names are in lower case. */
    static final class Answer {
        final Map<String, String> headers = new HashMap<>();
        byte[] body;
    }

    private final String address;
    private final InputStream input;
    private final OutputStream output;

    RuntimeApi(String address) throws IOException {
        this.address = address;
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        Socket socket = new Socket(InetAddress.getByName(host), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        input = new BufferedInputStream(socket.getInputStream(), 16384);
        output = socket.getOutputStream();
    }

    Answer get(String path) throws IOException {
        output.write(head("GET", path).append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        return answer();
    }

    /** `errorType` may be null. */
    void post(String path, byte[] body, String errorType) throws IOException {
        StringBuilder head = head("POST", path).append("Content-Type: application/json\r\n");
        if (errorType != null) head.append("Lambda-Runtime-Function-Error-Type: ").append(errorType).append("\r\n");
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream request = new ByteArrayOutputStream(head.length() + body.length);
        request.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        request.write(body);
        request.writeTo(output);
        answer();
    }

    private StringBuilder head(String method, String path) {
        StringBuilder head = new StringBuilder(300).append(method).append(' ').append(VERSION).append(path);
        return head.append(" HTTP/1.1\r\nHost: ").append(address).append("\r\n");
    }

    private Answer answer() throws IOException {
        Answer answer = new Answer();
        line(); // the status: what matters to a runtime is in the headers and the body
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon > 0) answer.headers.put(line.substring(0, colon).toLowerCase(), line.substring(colon + 1).trim());
        }
        String length = answer.headers.get("content-length");
        answer.body = length == null ? new byte[0] : input.readNBytes(Integer.parseInt(length));
        return answer;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(128);
        for (int c = input.read(); c != '\n'; c = input.read()) {
            if (c < 0) Runtime.getRuntime().halt(0); // the environment is being ended
            if (c != '\r') line.write(c);
        }
        // Headers are ASCII but for JSON that was sent as UTF-8.
        return line.toString(StandardCharsets.UTF_8);
    }
}
