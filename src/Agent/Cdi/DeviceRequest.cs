using Skiff.Agent.Manager;

namespace Skiff.Agent.Cdi;

/// <summary>Devices that a container asks for by what they can, or by name: Docker's DeviceRequest.</summary>
internal sealed record DeviceRequest
{
    /// <summary>The driver of <c>--device vendor.com/class=name</c>.</summary>
    public const string CdiDriver = "cdi";

    private const string NvidiaDriver = "nvidia", NvidiaKind = "nvidia.com/gpu";

    private static readonly string[] s_nvidiaCapabilities =
        ["gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display"];

    /// <summary>Empty: any that has the capabilities.</summary>
    public string Driver { get; init; } = "";

    /// <summary>How many; -1: all.</summary>
    public int Count { get; init; }

    /// <summary>Which, by the driver's words; empty: as many as <see cref="Count"/> says.</summary>
    public string[] DeviceIds { get; init; } = [];

    /// <summary>What they have to be able to do, all of it.</summary>
    public string[] Capabilities { get; init; } = [];

    /// <summary>What all requests together change; the files are read now.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="directories">Where the files are.</param>
    /// <exception cref="UsageException">There is no such device, or no driver for it.</exception>
    public static CdiEdits Resolve(DeviceRequest[] requests, IReadOnlyList<string> directories)
    {
        if (requests.Length == 0) return CdiEdits.None;
        CdiRegistry registry = CdiRegistry.Load(directories);
        return registry.Resolve([.. requests.SelectMany(request => request.Names(registry))]);
    }

    // As docker does it where the vendor's own hook is not installed: GPUs are those that NVIDIA's files describe.
    private IEnumerable<string> Names(CdiRegistry registry)
    {
        if (Driver == CdiDriver) return DeviceIds;
        if (Driver is not ("" or NvidiaDriver) || Capabilities.Except(s_nvidiaCapabilities).Any()
            || !registry.Devices.Any(name => name.StartsWith(NvidiaKind + '=', StringComparison.Ordinal)))
            throw new UsageException($"could not select device driver \"{Driver}\" with capabilities: "
                + $"[[{string.Join(' ', Capabilities)}]]"
                + string.Concat(registry.Problems.Select(problem => $"; {problem}")), 125);
        string[] ids = DeviceIds.Length > 0 ? DeviceIds
            : Count < 0 ? ["all"] : [.. Enumerable.Range(0, Count).Select(number => $"{number}")];
        return ids.Select(id => $"{NvidiaKind}={id}");
    }
}
