namespace Skiff.Agent.Manager.Settings;

/// <summary>The door of the API for the agent, whose loop knows nothing of HTTP.</summary>
internal interface IAgentApi : IDisposable
{
    /// <summary>
    /// Serves as the settings say from now on. Places that are as they were keep their clients; those of others end
    /// with them.
    /// </summary>
    /// <exception cref="UsageException">It cannot; all is as it was.</exception>
    void Apply(AgentSettings settings);

    /// <summary>How many clients there have been.</summary>
    long Clients { get; }

    /// <summary>Takes no more clients, if there are none and nobody waits for a process; false when there are.
    /// </summary>
    bool TryRest();
}
