using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Agent.Networks;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Api;

/// <summary>
/// What a container may be that a client with a scope asks for. Looked at is the configuration that the engine would
/// go by, not the client's words for it; and whatever is not named here has to be as it is by default, so that a new
/// field is refused until somebody has thought of it.
/// </summary>
internal static class ScopedCreation
{
    private static readonly string[] s_logDrivers = ["", "json-file", "local", "none"];
    private static readonly string[] s_securityOptions =
        ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"];

    /// <summary>Checks it, and gives it what belongs to the scope.</summary>
    /// <exception cref="ApiException">It asks for something that would reach beyond the scope.</exception>
    /// <exception cref="UsageException">It names something that is not there for the client.</exception>
    public static ContainerConfig Checked(Engine engine, Exchange x, ContainerConfig asked)
    {
        if (x.Scope is not { } scope) return asked;
        CheckFields(scope, asked);
        CheckWords(scope, asked);
        CheckOthers(engine, x, asked);
        return asked with
        {
            Labels = Scoped.Labels(x, asked.Labels),
            Mounts = [.. asked.Mounts.Select(mount => Checked(engine, x, mount))],
        };
    }

    // All that is not taken over here has to say nothing.
    private static ContainerConfig Allowed(ContainerConfig c) => new()
    {
        Id = c.Id, Name = c.Name, Created = c.Created, Image = c.Image, ImageId = c.ImageId, DiffIds = c.DiffIds,
        Args = c.Args, Env = c.Env, WorkingDir = c.WorkingDir, User = c.User, GroupAdd = c.GroupAdd,
        Hostname = c.Hostname, Domainname = c.Domainname, Tty = c.Tty, OpenStdin = c.OpenStdin, Attached = c.Attached,
        StdinOnce = c.StdinOnce, ConsoleRows = c.ConsoleRows, ConsoleColumns = c.ConsoleColumns, Labels = c.Labels,
        Init = c.Init, AutoRemove = c.AutoRemove, Restart = c.Restart,
        Healthcheck = c.Healthcheck, Shell = c.Shell, ReadonlyRootfs = c.ReadonlyRootfs, CapDrop = c.CapDrop,
        SecurityOpt = c.SecurityOpt, Mounts = c.Mounts, VolumesFrom = c.VolumesFrom,
        StorageSizeBytes = c.StorageSizeBytes, Ulimits = c.Ulimits, Sysctls = c.Sysctls,
        ShmSizeBytes = c.ShmSizeBytes, OomScoreAdj = c.OomScoreAdj, NetworkMode = c.NetworkMode, Ports = c.Ports,
        PublishAllPorts = c.PublishAllPorts, Links = c.Links, Networks = c.Networks, ExposedPorts = c.ExposedPorts,
        Dns = c.Dns, DnsSearch = c.DnsSearch, DnsOptions = c.DnsOptions, ExtraHosts = c.ExtraHosts,
        PidMode = c.PidMode, IpcMode = c.IpcMode, CgroupnsMode = c.CgroupnsMode, LogDriver = c.LogDriver,
        LogOptions = c.LogOptions, StopSignal = c.StopSignal, StopTimeoutSeconds = c.StopTimeoutSeconds,
        Entrypoint = c.Entrypoint, Cmd = c.Cmd,
        // Rates of single devices would name files of the host.
        Resources = c.Resources with { BlkioWeightDevices = [], IoMax = [] },
    };

    private static void CheckFields(SocketScope scope, ContainerConfig asked)
    {
        using var all = JsonDocument.Parse(ConfigFormat.Write(asked));
        using var allowed = JsonDocument.Parse(ConfigFormat.Write(Allowed(asked)));
        foreach (JsonProperty field in all.RootElement.EnumerateObject())
            if (!allowed.RootElement.TryGetProperty(field.Name, out JsonElement other)
                || other.GetRawText() != field.Value.GetRawText()) throw Scoped.Refusal(scope, field.Name);
    }

    private static void CheckWords(SocketScope scope, ContainerConfig c)
    {
        Check(c.NetworkMode != "host", "the host's network");
        Check(c.PidMode.Length == 0 || ContainerNamespaces.Joins(c.PidMode), $"PidMode {c.PidMode}");
        Check(c.IpcMode is "" or "private" or "shareable" or "none" || ContainerNamespaces.Joins(c.IpcMode),
            $"IpcMode {c.IpcMode}");
        Check(c.CgroupnsMode is "" or "private", $"CgroupnsMode {c.CgroupnsMode}");
        // Others would send to addresses, and sockets, of the client's choice.
        Check(s_logDrivers.Contains(c.LogDriver), $"the log driver {c.LogDriver}");
        Check(c.OomScoreAdj is null or >= 0, "an OomScoreAdj below 0");
        foreach (string option in c.SecurityOpt)
            Check(s_securityOptions.Contains(option), $"the security option {option}");
        // Those of its own network: others could be the host's.
        foreach (string name in c.Sysctls.Keys)
            Check(!ContainerNamespaces.Joins(c.NetworkMode) && name.StartsWith("net.", StringComparison.Ordinal)
                && !name.Contains('/') && !name.Contains("..", StringComparison.Ordinal), $"the sysctl {name}");

        void Check(bool isFine, string what)
        {
            if (!isFine) throw Scoped.Refusal(scope, what);
        }
    }

    // Everything that it names has to be there for the client.
    private static void CheckOthers(Engine engine, Exchange x, ContainerConfig c)
    {
        foreach (string mode in (ReadOnlySpan<string>)[c.NetworkMode, c.PidMode, c.IpcMode])
            if (ContainerNamespaces.Joins(mode))
                Scoped.Container(engine, x, mode[ContainerNamespaces.Joining.Length..]);
        foreach (string link in c.Links) Scoped.Container(engine, x, Link.Parse(link).Name);
        foreach (string from in c.VolumesFrom) Scoped.Container(engine, x, from.Split(':')[0]);
        foreach (EndpointSettings end in c.Attachments)
        {
            Scoped.Checked(x, end);
            // The default bridge is everybody's.
            if (end.Network != NetworkNames.DefaultNetwork) Scoped.Network(engine, x, end.Network);
        }
    }

    private static Mount Checked(Engine engine, Exchange x, Mount mount)
    {
        SocketScope scope = x.Scope!;
        if (mount.Type is not ("volume" or "tmpfs" or "image"))
            throw Scoped.Refusal(scope, $"a mount of the type {mount.Type} ({mount.Source})");
        // A volume's options could be a mount of anything.
        if (mount.VolumeDriver is not ("" or "local") || mount.VolumeOptions is not null)
            throw Scoped.Refusal(scope, $"a driver or options of the volume {mount.Source}");
        if (mount.Type != "volume") return mount;
        mount = mount with { VolumeLabels = Scoped.Labels(x, mount.VolumeLabels ?? []) };
        // Made here if it is not there, so that the one that was looked at is the one that is mounted.
        if (mount.Source.Length > 0 && !mount.Anonymous && !scope.Has(mount.VolumeOf(engine.Volumes).Labels))
            throw UsageException.NotFound($"get {mount.Source}: no such volume");
        return mount;
    }
}
