package com.amazonaws.services.lambda.runtime;

import java.util.Map;

/** What a client sent along with its call. */
public interface ClientContext {
    Client getClient();

    Map<String, String> getCustom();

    Map<String, String> getEnvironment();
}
