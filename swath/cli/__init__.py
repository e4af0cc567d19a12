"""The command line: parse, one library call, print. One file a command; nothing heavy is imported until it runs."""
