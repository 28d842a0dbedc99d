using System.Security.Cryptography;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>State roots in a directory of their own; all that is mounted below goes when it is disposed.</summary>
internal sealed class Sandbox : IDisposable
{
    private readonly List<string> _mounts = [];
    private int _serial;

    internal Sandbox() => Directory.CreateDirectory(Base);

    /// <summary>Not in /tmp: that may be tmpfs, from whose files EROFS cannot be mounted.</summary>
    internal string Base { get; } = $"/var/tmp/skiff-layers-{Guid.NewGuid():N}";

    internal string Root => Path.Combine(Base, "root");

    internal string RunRoot => Path.Combine(Base, "run");

    internal string NewPath(string name) => Path.Combine(Base, $"{++_serial}-{name}");

    /// <summary>
    /// Ingests a tar in pieces of <paramref name="step"/> bytes, and makes sure that the store gives back just these.
    /// </summary>
    internal static Digest Ingest(ISnapshotter snapshotter, string tar, int step = 1 << 20)
    {
        byte[] bytes = File.ReadAllBytes(tar);
        Digest diffId = Digest.FromBytes(SHA256.HashData(bytes));
        Ingest(snapshotter, diffId, bytes, step);
        using Stream rebuilt = snapshotter.OpenTar(diffId);
        Assert.Equal(diffId, Digest.FromBytes(SHA256.HashData(rebuilt)));
        return diffId;
    }

    internal static void Ingest(ISnapshotter snapshotter, Digest diffId, ReadOnlySpan<byte> bytes, int step = 1 << 20)
    {
        using ILayerIngest ingest = snapshotter.Begin(diffId);
        for (int at = 0; at < bytes.Length; at += step)
            ingest.Append(bytes.Slice(at, Math.Min(step, bytes.Length - at)));
        ingest.Commit();
    }

    /// <summary>Mounts overlayfs over layers, base first, with an upper directory unless told otherwise.</summary>
    internal string MountOverlay(IReadOnlyList<string> lower, bool readOnly = false)
    {
        string merged = NewPath("merged"), upper = NewPath("upper"), work = NewPath("work");
        foreach (string directory in (string[])[merged, upper, work]) Directory.CreateDirectory(directory);
        string options = $"lowerdir={string.Join(':', lower.Reverse())}";
        if (!readOnly) options += $",upperdir={upper},workdir={work}";
        Shell.Run("mount", "-t", "overlay", "overlay", "-o", options, merged);
        _mounts.Add(merged);
        return merged;
    }

    internal static string[] MountsBelow(string directory) =>
        [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(point => point.StartsWith(directory))];

    public void Dispose()
    {
        foreach (string mount in MountsBelow(Base).Reverse()) Mounts.TryUnmount(mount, detach: true);
        Shell.Run("rm", "-rf", "--one-file-system", Base);
    }
}
