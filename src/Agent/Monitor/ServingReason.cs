namespace Skiff.Agent.Monitor;

/// <summary>Why a monitor looks at what its container's networks need.</summary>
internal enum ServingReason
{
    /// <summary>The container is being started, and nothing of it runs yet.</summary>
    Start,

    /// <summary>It runs, and its monitor was another one.</summary>
    Adoption,

    /// <summary>It has joined a network, or left one.</summary>
    Change,
}
