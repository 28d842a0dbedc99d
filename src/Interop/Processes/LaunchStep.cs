namespace Skiff.Interop.Processes;

/// <summary>A step of a <see cref="LaunchProgram"/>; as an argument of a later step it stands for its result.</summary>
public readonly struct LaunchStep
{
    internal LaunchStep(int index, nint result)
    {
        Index = index;
        Result = result;
    }

    /// <summary>The position in the program, from 0.</summary>
    public int Index { get; }

    /// <summary>Where the child stores the result, in program memory.</summary>
    internal nint Result { get; }
}
