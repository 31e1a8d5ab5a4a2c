package com.amazonaws.services.lambda.runtime.logging;

/** How log events are written. */
public enum LogFormat {
    JSON, TEXT;

    /** Throws IllegalArgumentException for other names. */
    public static LogFormat fromString(String name) {
        return valueOf(name.toUpperCase());
    }
}
