"""A shop that sells seats at events: the example application of docs/testing-applications.md."""
