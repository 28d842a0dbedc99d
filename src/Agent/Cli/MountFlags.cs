using System.Globalization;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary><c>-v</c>, <c>--mount</c> and <c>--tmpfs</c> of one container.</summary>
internal static class MountFlags
{
    /// <summary>All mounts asked for; two at one place are refused, unless -v or --tmpfs says the same twice.</summary>
    public static Mount[] Read(ParsedArguments a)
    {
        var mounts = new List<Mount>();
        foreach (string value in a.Values("volume")) mounts.Add(Of(VolumeSyntax.Parse(value)));
        foreach (string value in a.Values("mount")) mounts.Add(Of(MountSyntax.Parse(value)) with { LongForm = true });
        foreach (string value in a.Values("tmpfs")) mounts.Add(Of(TmpfsSyntax.Parse(value)));
        mounts = [.. mounts.Where(mount => !mount.LongForm).Distinct(), .. mounts.Where(mount => mount.LongForm)];
        for (int i = 0; i < mounts.Count; i++)
            if (mounts.FindIndex(m => m.Target == mounts[i].Target) < i)
                throw new UsageException($"Duplicate mount point: {mounts[i].Target}", 125);
        return [.. mounts];
    }

    /// <summary>
    /// Makes the directories of <c>-v</c> and of <c>bind-create-src</c> that are not there, as docker does, and says so
    /// of the former, since most often a word was mistyped.
    /// </summary>
    public static void MakeSources(ParsedArguments a)
    {
        foreach (string value in a.Values("volume"))
            if (MakeSource(VolumeSyntax.Parse(value)) is { } made)
                Output.Error($"WARNING: --volume: {made} did not exist: made it as an empty directory");
        // Who says bind-create-src has mistyped nothing.
        foreach (string value in a.Values("mount")) MakeSource(MountSyntax.Parse(value));
    }

    private static string? MakeSource(MountSpec spec)
    {
        if (spec is not { Kind: MountKind.Bind, CreateSource: true } || Files.Exists(spec.Source)) return null;
        Files.MakeDirectories(spec.Source);
        return spec.Source;
    }

    private static Mount Of(MountSpec spec)
    {
        return new Mount(spec.Kind.ToString().ToLowerInvariant(), spec.Source, spec.Target, spec.ReadOnly, spec.NoCopy,
            spec.Propagation.ToString().ToLowerInvariant(), TmpfsOptions(spec), Relabel: spec.Relabel)
        {
            Recursive = spec.Recursive, Subpath = spec.Subpath, VolumeDriver = spec.Driver,
            VolumeOptions = spec.DriverOptions.Count > 0 ? spec.DriverOptions : null,
            VolumeLabels = spec.Labels.Count > 0 ? spec.Labels : null,
        };
    }

    private static string TmpfsOptions(MountSpec spec)
    {
        if (spec.Kind != MountKind.Tmpfs) return "";
        var options = new List<string>();
        if (spec.TmpfsSizeBytes is { } size) options.Add(string.Create(CultureInfo.InvariantCulture, $"size={size}"));
        if (spec.TmpfsMode is { } mode) options.Add("mode=" + Convert.ToString(mode, 8));
        options.AddRange(spec.TmpfsOptions);
        return string.Join(',', options);
    }
}
