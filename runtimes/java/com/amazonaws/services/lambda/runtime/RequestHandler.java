package com.amazonaws.services.lambda.runtime;

/** A handler of one kind of event and answer. */
public interface RequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
