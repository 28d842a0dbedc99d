using System.Diagnostics;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>Runs one target case by case until there is no more time, the number is reached, or a case fails.</summary>
/// <param name="target">What to run.</param>
/// <param name="seed">Decides about every case.</param>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    // Far more than any case takes; the input has less than a megabyte.
    private const long MaxAllocatedBytes = 512L << 20;

    private byte[] _input = [];

    /// <summary>The case that runs, or ran last.</summary>
    internal int Case { get; private set; } = -1;

    /// <summary>Cases that ran.</summary>
    internal int Count { get; private set; }

    /// <summary>The input of the case that runs, or ran last.</summary>
    internal ReadOnlySpan<byte> Input => _input;

    /// <summary>Runs cases one after the other.</summary>
    /// <param name="first">Number of the first.</param>
    /// <param name="count">How many at the most.</param>
    /// <param name="time">How long at the most.</param>
    /// <exception cref="FuzzException">A case failed.</exception>
    internal void Run(int first, int count, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count && Stopwatch.GetElapsedTime(start) < time; i++, Count++) RunOne(first + i);
    }

    private void RunOne(int number)
    {
        Case = number;
        // Mixed well: neighbours would give Random neighbouring streams.
        var random = new Random(unchecked((int)((((uint)seed * 0x9E3779B1) ^ (uint)number) * 0x85EBCA77)));
        bool isWhole = random.Next(4) == 0;
        _input = target.Make(random);
        if (!isWhole) _input = target.Mutate(_input, random);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Check(_input, isWhole, random);
        }
        catch (Exception e)
        {
            throw new FuzzException($"{target.Name}, seed {seed}, case {number}: {e}", e);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > MaxAllocatedBytes)
            throw new FuzzException(
                $"{target.Name}, seed {seed}, case {number}: took {allocated} bytes of memory", null);
    }
}

/// <summary>A case that failed; the text names seed and iteration.</summary>
internal sealed class FuzzException(string message, Exception? inner) : Exception(message, inner);
