package org.crac;

/** Resources failed; what each threw is suppressed in it. */
public class RestoreException extends Exception {
    private static final long serialVersionUID = 1;

    public RestoreException() {}

    public RestoreException(String message) {
        super(message);
    }
}
