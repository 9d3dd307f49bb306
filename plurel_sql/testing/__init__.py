"""Filled databases for the tests of an application: templates made once and kept, a private copy for each test."""
