package com.amazonaws.services.lambda.runtime;

/** Gives libraries the logger outside an invocation. */
public final class LambdaRuntime {
    private static volatile LambdaLogger logger = new LambdaLogger() {
        @Override
        public void log(String message) {
            System.out.print(message);
        }

        @Override
        public void log(byte[] message) {
            System.out.write(message, 0, message.length);
        }
    };

    private LambdaRuntime() {}

    public static LambdaLogger getLogger() {
        return logger;
    }

    /** For the runtime. */
    public static void setLogger(LambdaLogger other) {
        logger = other;
    }
}
