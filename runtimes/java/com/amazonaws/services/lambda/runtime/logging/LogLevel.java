package com.amazonaws.services.lambda.runtime.logging;

/** Levels of log events, least first. */
public enum LogLevel {
    UNDEFINED, TRACE, DEBUG, INFO, WARN, ERROR, FATAL;

    /** Throws IllegalArgumentException for other names. */
    public static LogLevel fromString(String name) {
        return valueOf(name.toUpperCase());
    }
}
