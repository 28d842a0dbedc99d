Skiff.Agent.Cli.Verbs.AgentVerb.OpenApi = Skiff.Agent.Api.ApiServer.Open;
return Skiff.Agent.Cli.CommandLine.Run(args);
