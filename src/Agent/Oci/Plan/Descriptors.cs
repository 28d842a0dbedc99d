using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Plan;

/// <summary>Which descriptors a process of a container keeps.</summary>
internal static class Descriptors
{
    private const int StandardCount = 3;

    /// <summary>
    /// Closes all but the standard ones, <paramref name="preserved"/> ones after them, and <paramref name="kept"/>,
    /// which the program closes itself or which close by exec.
    /// </summary>
    public static void CloseAllBut(LaunchProgram program, int preserved, IReadOnlyList<Fd> kept)
    {
        int first = StandardCount + preserved;
        foreach (int number in kept.Select(fd => fd.Number).Order())
        {
            if (number > first) program.CloseBetween((uint)first, (uint)number - 1);
            if (number >= first) first = number + 1;
        }
        program.CloseBetween((uint)first, uint.MaxValue);
    }
}
