namespace Skiff.Interop.Seccomp;

/// <summary>The outcome of every system call of one architecture, by slot of <see cref="SyscallTable"/>.</summary>
internal sealed class Outcomes
{
    private readonly Outcome?[] _bySlot = new Outcome?[SyscallTable.SlotCount];
    private Outcome? _last;

    /// <summary>The highest number that a rule names, private calls aside; -1 when there is none.</summary>
    internal int Newest { get; private set; } = -1;

    /// <summary>The outcome of a slot; null when no rule names it.</summary>
    internal Outcome? At(int slot) => _bySlot[slot];

    /// <summary>Adds a rule for one slot.</summary>
    internal void Add(int slot, uint action, SeccompArgument[] arguments)
    {
        if (slot < SyscallTable.ArmPrivateSlot) Newest = Math.Max(Newest, slot);
        // Most rules are plain and in long runs of the same action, which then share one object.
        bool shared = arguments.Length == 0 && _bySlot[slot] is null && _last?.Action == action;
        _bySlot[slot] = _last = shared ? _last! : Outcome.Merge(_bySlot[slot], action, arguments);
    }
}
