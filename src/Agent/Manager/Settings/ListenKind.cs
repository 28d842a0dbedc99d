namespace Skiff.Agent.Manager.Settings;

/// <summary>What kind of place clients connect to.</summary>
internal enum ListenKind
{
    /// <summary>A name in the file system.</summary>
    Unix,

    /// <summary>A TCP port, for clients with certificates.</summary>
    Tcp,

    /// <summary>A socket that systemd has opened (sd_listen_fds(3)).</summary>
    Inherited,
}
