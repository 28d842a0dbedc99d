namespace Skiff.Agent.Manager.Settings;

/// <summary>One place at which the API is served.</summary>
/// <param name="Address">Where.</param>
internal sealed record SocketSettings(ListenAddress Address)
{
    /// <summary>Whoever can write to the name can connect: its owner, root, and its group.</summary>
    public const uint DefaultMode = 0x1B0;

    /// <summary>The group of a socket's name; null for the agent's own, which is root's.</summary>
    public string? Group { get; init; }

    /// <summary>The mode of a socket's name.</summary>
    public uint Mode { get; init; } = DefaultMode;

    /// <summary>What its clients may do; null for everything.</summary>
    public SocketScope? Scope { get; init; }

    /// <summary>Tells what is wrong with the whole.</summary>
    /// <exception cref="UsageException">It can be no socket.</exception>
    public void Check()
    {
        if ((Mode & ~0x1FFu) != 0 || (Mode & 0x180) != 0x180)
            throw new UsageException("mode has to be one of files, such as \"0660\", with which root reads and writes");
        if ((Mode & 7) != 0 && Scope is null)
            throw new UsageException("mode would make everybody on this host root: only a socket with a scope may be "
                + "open to others than its group");
        if (Address.Kind == ListenKind.Unix) _ = Group is { } name ? HostGroups.Find(name) : 0;
        else if (Group is not null || Mode != DefaultMode)
            throw new UsageException($"{Address}: group and mode are for unix:// sockets"
                + (Address.Kind == ListenKind.Inherited ? "; those of systemd have SocketGroup= and SocketMode=" : ""));
    }
}
