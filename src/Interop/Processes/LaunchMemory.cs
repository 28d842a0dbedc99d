namespace Skiff.Interop.Processes;

/// <summary>
/// A piece of a <see cref="LaunchProgram"/>'s own native memory; invalid once the program is disposed.
/// </summary>
public readonly struct LaunchMemory
{
    internal LaunchMemory(nint address, int length)
    {
        Address = address;
        Length = length;
    }

    /// <summary>The length in bytes.</summary>
    public int Length { get; }

    /// <summary>The address, 16-byte aligned for whole reservations.</summary>
    internal nint Address { get; }

    /// <summary>The part from <paramref name="start"/> on.</summary>
    public LaunchMemory From(int start)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length);
        return new LaunchMemory(Address + start, Length - start);
    }
}
