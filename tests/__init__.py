"""Whimbrel's tests: real servers, real `flask` processes, nothing mocked."""
