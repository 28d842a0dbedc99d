using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>
/// A mount that exists already but is attached nowhere (fsmount(2) or open_tree(2)): the child only moves it to its
/// place. Kernel
/// errors thus come up here, with their words, and not in the child.
/// </summary>
/// <param name="Target">Absolute path inside the container.</param>
/// <param name="Tree">The detached mount; owned by <see cref="PreparedMounts"/>.</param>
/// <param name="HasOwnIds">It is a volume: its files have the ids that containers see.</param>
internal sealed record PreparedMount(string Target, Fd Tree, bool HasOwnIds = false);
