namespace Skiff.Interop.Processes;

/// <summary>What the child does when a step fails. The default is to stop the program: <see cref="Fail"/>.</summary>
public readonly struct OnError
{
    private OnError(UInt128 low, UInt128 high, int skip)
    {
        Low = low;
        High = high;
        Skip = skip;
    }

    /// <summary>Errnos 0 to 127 that do not stop the program, as bits.</summary>
    internal UInt128 Low { get; }

    /// <summary>Errnos 128 to 255, likewise.</summary>
    internal UInt128 High { get; }

    /// <summary>How many steps to skip after one of them.</summary>
    internal int Skip { get; }

    /// <summary>Any error stops the program and is reported.</summary>
    public static OnError Fail => default;

    /// <summary>Go on with the next step whatever happens.</summary>
    public static OnError Ignore => new(UInt128.MaxValue, UInt128.MaxValue, 0);

    /// <summary>
    /// Go on with the next step after one of <paramref name="errnos"/>; any other error stops the program.
    /// </summary>
    public static OnError Ignoring(params ReadOnlySpan<Errno> errnos) => Listing(errnos, 0);

    /// <summary>Skip <paramref name="steps"/> steps after any error.</summary>
    public static OnError SkipNext(int steps) => new(UInt128.MaxValue, UInt128.MaxValue, steps);

    /// <summary>
    /// Skip <paramref name="steps"/> steps after one of <paramref name="errnos"/>; any other error stops the program.
    /// </summary>
    public static OnError SkipNext(int steps, params ReadOnlySpan<Errno> errnos) => Listing(errnos, steps);

    private static OnError Listing(ReadOnlySpan<Errno> errnos, int skip)
    {
        UInt128 low = 0, high = 0;
        foreach (Errno errno in errnos)
            if ((int)errno < 128) low |= UInt128.One << (int)errno;
            else high |= UInt128.One << ((int)errno - 128);
        return new OnError(low, high, skip);
    }
}
