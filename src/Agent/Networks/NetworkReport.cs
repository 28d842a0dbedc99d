namespace Skiff.Agent.Networks;

/// <summary>Tells the manager of a change that nobody has asked for.</summary>
/// <param name="Change">What has happened.</param>
internal sealed record NetworkReport(NetworkChange Change)
{
    /// <summary>The network; null when it is the host's own.</summary>
    public NetworkRecord? Network { get; init; }

    /// <summary>The network's name, where that is all that is known.</summary>
    public string? NetworkName { get; init; }

    /// <summary>Of a packet: which side of it is the container's.</summary>
    public string? Direction { get; init; }

    /// <summary>Who sent it.</summary>
    public string? From { get; init; }

    /// <summary>To whom.</summary>
    public string? To { get; init; }

    /// <summary>The port, with its protocol.</summary>
    public string? Port { get; init; }

    /// <summary>The policies that decided, with commas between.</summary>
    public string? Policies { get; init; }

    /// <summary>The container, of an endpoint.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The interface.</summary>
    public string? Interface { get; init; }

    /// <summary>The nf_tables table.</summary>
    public string? Table { get; init; }

    /// <summary>The address, or the subnet.</summary>
    public string? Address { get; init; }

    /// <summary>The Ethernet address of who has it.</summary>
    public string? Mac { get; init; }

    /// <summary>How it came about, in a word or two.</summary>
    public string? Cause { get; init; }

    /// <summary>The program that did it (comm), where the kernel says so.</summary>
    public string? Process { get; init; }

    /// <summary>Its thread's id in the first PID namespace.</summary>
    public int Pid { get; init; }
}
