"""Where people meet the uses: the command line. A face derives from the uses and knows none by name."""
