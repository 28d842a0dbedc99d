using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>
/// The lock between starts and giving back what containers share on the host (flock on <c>RUNROOT/start.lock</c>): a
/// start holds it shared from its first step to its last, so that no bridge and no layer goes from under it. Released
/// by disposal or death.
/// </summary>
internal static class StartLock
{
    /// <summary>Takes the lock, waiting for whoever has it.</summary>
    public static FileLock Take(StateRoots roots, bool exclusive) =>
        StateFile.Lock(Path.Combine(roots.RunRoot, "start.lock"), exclusive);
}
