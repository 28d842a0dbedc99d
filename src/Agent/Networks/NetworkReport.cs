namespace Skiff.Agent.Networks;

/// <summary>Tells the manager of a change that nobody has asked for.</summary>
/// <param name="Change">What has happened.</param>
internal sealed record NetworkReport(NetworkChange Change)
{
    /// <summary>The network; null when it is the host's own.</summary>
    public NetworkRecord? Network { get; init; }

    /// <summary>The container, of an endpoint.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The interface.</summary>
    public string? Interface { get; init; }

    /// <summary>The nf_tables table.</summary>
    public string? Table { get; init; }

    /// <summary>The address, or the subnet.</summary>
    public string? Address { get; init; }

    /// <summary>How it came about, in a word or two.</summary>
    public string? Cause { get; init; }

    /// <summary>The program that did it (comm), where the kernel says so.</summary>
    public string? Process { get; init; }

    /// <summary>Its thread's id in the first PID namespace.</summary>
    public int Pid { get; init; }
}
