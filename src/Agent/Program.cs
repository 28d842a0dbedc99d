return Skiff.Agent.Cli.CommandLine.Run(args);
