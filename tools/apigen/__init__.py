"""Generates the C++ interface of one AWS service from its model; see generate_api.py."""
