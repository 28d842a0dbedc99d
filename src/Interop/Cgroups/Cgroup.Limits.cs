using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <content>Setting limits.</content>
public sealed partial class Cgroup
{
    /// <summary>
    /// Writes <paramref name="limits"/>. A limit whose file the cgroup lacks (its controller is missing, or the kernel
    /// has no swap accounting) costs a warning in the result; a value that the kernel refuses throws <see
    /// cref="LinuxException"/>.
    /// </summary>
    public IReadOnlyList<string> Apply(CgroupLimits limits)
    {
        var warnings = new List<string>();
        ApplyMemory(limits, warnings);
        if (limits.CpuMax is { } cpu) Set("cpu.max", cpu.ToString(), warnings);
        if (limits.CpuWeight is { } weight) Set("cpu.weight", CgroupLimits.Text(weight), warnings);
        if (limits.CpusetCpus is { } cpus) Set("cpuset.cpus", cpus, warnings);
        if (limits.CpusetMems is { } mems) Set("cpuset.mems", mems, warnings);
        if (limits.PidsMax is { } pids) Set("pids.max", CgroupLimits.Text(pids), warnings);
        if (limits.IoWeight is { } ioWeight)
            Set("io.weight", string.Create(CultureInfo.InvariantCulture, $"default {ioWeight}"), warnings);
        foreach ((uint major, uint minor, int own) in limits.IoDeviceWeights)
            Set("io.weight", string.Create(CultureInfo.InvariantCulture, $"{major}:{minor} {own}"), warnings);
        foreach (IoMax row in limits.IoMax) Set("io.max", row.ToString(), warnings);
        foreach (var (file, value) in limits.Files) Set(file, value, warnings);
        return warnings;
    }

    private void ApplyMemory(CgroupLimits limits, List<string> warnings)
    {
        if (limits.MemorySwapMaxBytes is { } swap) Set("memory.swap.max", CgroupLimits.Text(swap), warnings);
        if (limits.MemoryMaxBytes is { } max) Set("memory.max", CgroupLimits.Text(max), warnings);
        if (limits.MemoryHighBytes is { } high) Set("memory.high", CgroupLimits.Text(high), warnings);
        if (limits.MemoryLowBytes is { } low) Set("memory.low", low < 0 ? "0" : CgroupLimits.Text(low), warnings);
        if (limits.MemoryOomGroup is { } group) Set("memory.oom.group", group ? "1" : "0", warnings);
    }

    private void Set(string file, string value, List<string> warnings)
    {
        Errno errno = CgroupFile.TryWrite(Directory, file, value);
        // Files cannot be created in a cgroup, so a missing one fails with ENOENT, under some kernels with EACCES or
        // EPERM.
        if (errno == Errno.ENOENT)
            warnings.Add($"{file}={value} cannot be enforced: {Path} has no {file}; {WhyMissing(file)}");
        else if (errno != Errno.None)
            throw new LinuxException(errno, "write cgroup", $"{Path}/{file}, \"{value}\"");
    }

    private static string WhyMissing(string file) => file == "memory.swap.max"
        ? "the memory controller, or its swap accounting (swapaccount=1), is missing"
        : $"the {file.AsSpan(0, file.IndexOf('.'))} controller is not available to cgroup v2 (see cgroup.controllers)";
}
