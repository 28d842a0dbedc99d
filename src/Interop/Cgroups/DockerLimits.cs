namespace Skiff.Interop.Cgroups;

/// <summary>Docker's resource words, which are cgroup v1's, as cgroup v2 values.</summary>
public static class DockerLimits
{
    /// <summary>
    /// <c>cpu.weight</c> for Docker's cpu-shares (2 to 262144; others are moved to the nearest bound). The mapping is
    /// the one that runc and crun use since 2025: a curve through 2 -> 1, 1024 -> 100 and 262144 -> 10000, the two
    /// minima, defaults and maxima, w = ceil(10 ^ ((log2(s)^2 + 125 log2(s)) / 612 - 7/34)).
    /// </summary>
    public static int CpuWeight(long shares)
    {
        if (shares <= 2) return 1;
        if (shares >= 262144) return 10000;
        double log = Math.Log2(shares);
        return (int)Math.Ceiling(Math.Pow(10, (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0)));
    }

    /// <summary>
    /// <c>io.weight</c> (1 to 10000) for Docker's blkio-weight (10 to 1000), linear as in the OCI runtimes.
    /// </summary>
    public static int IoWeight(int blkioWeight) =>
        (int)(1 + ((long)Math.Clamp(blkioWeight, 10, 1000) - 10) * 9999 / 990);

    /// <summary>
    /// <c>memory.swap.max</c> for Docker's pair of --memory and --memory-swap, where the second counts memory and swap
    /// together: -1 is no limit, 0 (not given) allows as much swap as memory. Null when nothing is to be written.
    /// </summary>
    public static long? MemorySwapMax(long memoryBytes, long memorySwapBytes)
    {
        if (memorySwapBytes < 0) return -1;
        if (memoryBytes <= 0) return null;
        return memorySwapBytes == 0 ? memoryBytes : Math.Max(0, memorySwapBytes - memoryBytes);
    }
}
