Skiff.Agent.Cli.Verbs.AgentVerb.OpenApi = Skiff.Agent.Api.ApiServer.Open;
Skiff.Agent.Cli.Verbs.AgentVerb.CheckApi = Skiff.Agent.Api.ApiServer.Check;
return Skiff.Agent.Cli.CommandLine.Run(args);
