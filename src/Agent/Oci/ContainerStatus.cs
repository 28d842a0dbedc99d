namespace Skiff.Agent.Oci;

/// <summary>status of the specification's state; paused is runc's addition.</summary>
internal enum ContainerStatus
{
    /// <summary>create has not returned.</summary>
    Creating,

    /// <summary>It waits for start.</summary>
    Created,

    /// <summary>Its program runs.</summary>
    Running,

    /// <summary>Its processes are frozen.</summary>
    Paused,

    /// <summary>Its first process has ended.</summary>
    Stopped,
}
