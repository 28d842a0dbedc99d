using System.Text;

namespace Skiff.Interop.Seccomp;

/// <summary>
/// Collects rules and compiles them to classic BPF: per architecture a balanced search tree over ranges of system call
/// numbers with the same outcome, so that a call costs about log2(ranges) comparisons, not one for each allowed call.
/// </summary>
/// <remarks>
/// Rules merge as libseccomp merges them: rules for one call are alternatives, tried in order; a rule without
/// conditions swallows those with conditions, and the first such rule wins. Calls newer than the newest that the rules
/// name fail with ENOSYS instead of the default errno, as under runc: libraries then fall back to the older call.
/// </remarks>
internal sealed class SeccompCompiler
{
    private const uint ENOSYS = 38;
    private const uint OffsetOfNr = 0;
    private const uint OffsetOfArch = 4;
    private readonly IReadOnlyList<SeccompArch> _arches;
    private readonly uint _default;
    private readonly Outcomes[] _outcomes = new Outcomes[SeccompArches.Count];
    private readonly ReverseAssembler _assembler = new();

    /// <summary>Begins a filter for <paramref name="arches"/>, the native one first.</summary>
    internal SeccompCompiler(IReadOnlyList<SeccompArch> arches, uint defaultAction)
    {
        (_arches, _default) = (arches, defaultAction);
        foreach (SeccompArch arch in arches) _outcomes[(int)arch] = new Outcomes();
    }

    /// <summary>Adds a rule of a profile; the caller has checked that it applies.</summary>
    internal void Add(SeccompRule rule)
    {
        uint action = SeccompProfile.Value(rule.Action, rule.ErrnoRet);
        SeccompArgument[] arguments = [.. rule.Arguments];
        foreach (string name in rule.Names) AddCall(Encoding.UTF8.GetBytes(name), action, arguments);
    }

    /// <summary>Adds one action for all calls in a list separated by white space.</summary>
    internal void AddCalls(ReadOnlySpan<byte> names, uint action, params SeccompArgument[] arguments)
    {
        int start = -1;
        for (int i = 0; i <= names.Length; i++)
        {
            bool inName = i < names.Length && names[i] > ' ';
            if (inName && start < 0) start = i;
            if (inName || start < 0) continue;
            AddCall(names[start..i], action, arguments);
            start = -1;
        }
    }

    /// <summary>The filter; throws <see cref="FormatException"/> when the kernel would refuse its length.</summary>
    internal SeccompFilter Compile(uint flags)
    {
        int other = _assembler.Return((uint)SeccompAction.KILL_PROCESS);
        Span<int> blocks = stackalloc int[SeccompArches.Count];
        // The native block is written last, so that it comes first and is reached without a trampoline.
        for (int i = _arches.Count - 1; i >= 0; i--) blocks[i] = _arches[i] == SeccompArch.x32 ? 0 : Block(_arches[i]);
        other = _assembler.Near(other);
        for (int i = _arches.Count - 1; i >= 0; i--)
            if (blocks[i] != 0)
            {
                int block = _assembler.Near(blocks[i]);
                other = _assembler.Jump(ReverseAssembler.Test.JEQ, SeccompArches.AuditNumber(_arches[i]), block, other);
            }
        _assembler.Load(OffsetOfArch);
        if (_assembler.Count > SeccompFilter.MaxInstructions)
            throw new FormatException($"seccomp profile compiles to {_assembler.Count} instructions; "
                + $"the kernel takes {SeccompFilter.MaxInstructions}");
        return new SeccompFilter(_assembler.ToArray(), flags);
    }

    private void AddCall(ReadOnlySpan<byte> name, uint action, SeccompArgument[] arguments)
    {
        int row = SyscallTable.Find(name);
        if (row < 0) return;
        foreach (SeccompArch arch in _arches)
            if (SyscallTable.Slot(row, arch) is var slot && slot != SyscallTable.NoSlot)
                _outcomes[(int)arch].Add(slot, action, arguments);
    }

    /// <summary>Writes the code of one audit architecture and returns its label.</summary>
    private int Block(SeccompArch arch)
    {
        var ranges = new List<Range>(160);
        Append(ranges, arch, 0);
        if (arch == SeccompArch.x86_64) AppendX32(ranges);
        int tree = _assembler.Near(Tree(ranges.ToArray()));
        // A tree of one range may be a return that was written earlier; the load below falls through to what follows
        // it.
        if (tree != _assembler.Count) _assembler.Jump(ReverseAssembler.Test.JGE, 0, tree, tree);
        return _assembler.Load(OffsetOfNr);
    }

    private void AppendX32(List<Range> ranges)
    {
        if (_outcomes[(int)SeccompArch.x32] is not null)
        {
            Append(ranges, SeccompArch.x32, SeccompArches.X32Bit);
            return;
        }
        // Numbers with the x32 bit enter the kernel by another table under the same audit number: a foreign
        // architecture. Number -1 is a call that a tracer asked to skip.
        ranges.Add(new Range(SeccompArches.X32Bit, Outcome.Of((uint)SeccompAction.KILL_PROCESS)));
        ranges.Add(new Range(uint.MaxValue, Outcome.Of(_default)));
    }

    private void Append(List<Range> ranges, SeccompArch arch, uint bias)
    {
        Outcomes outcomes = _outcomes[(int)arch];
        Outcome unnamed = Outcome.Of(_default);
        Outcome unknown = _default != ((uint)SeccompAction.ALLOW) && _default != (uint)SeccompAction.LOG
            ? Outcome.Of((uint)SeccompAction.ERRNO | ENOSYS)
            : unnamed;
        for (int slot = 0; slot <= outcomes.Newest; slot++) Append(ranges, bias
            + (uint)slot, outcomes.At(slot) ?? unnamed);
        Append(ranges, bias + (uint)outcomes.Newest + 1, unknown);
        if (arch != SeccompArch.arm) return;
        for (int i = 0; i < 16; i++)
            Append(ranges, SeccompArches.ArmPrivateBase
                + (uint)i, outcomes.At(SyscallTable.ArmPrivateSlot + i) ?? unnamed);
        Append(ranges, SeccompArches.ArmPrivateBase + 16, unknown);
    }

    private static void Append(List<Range> ranges, uint first, Outcome outcome)
    {
        if (ranges.Count == 0 || !ranges[^1].Outcome.Same(outcome)) ranges.Add(new Range(first, outcome));
    }

    private int Tree(ReadOnlySpan<Range> ranges)
    {
        if (ranges.Length == 1) return Leaf(ranges[0].Outcome);
        if (IsSinglePoint(ranges))
        {
            (int point, int around) = (Leaf(ranges[1].Outcome), Leaf(ranges[0].Outcome));
            (point, around) = (_assembler.Near(point), _assembler.Near(around));
            return _assembler.Jump(ReverseAssembler.Test.JEQ, ranges[1].First, point, around);
        }
        int middle = ranges.Length / 2;
        int upper = Tree(ranges[middle..]);
        int lower = Tree(ranges[..middle]);
        (upper, lower) = (_assembler.Near(upper), _assembler.Near(lower));
        return _assembler.Jump(ReverseAssembler.Test.JGE, ranges[middle].First, upper, lower);
    }

    /// <summary>One number between two ranges of the same outcome costs one comparison, not two.</summary>
    private static bool IsSinglePoint(ReadOnlySpan<Range> ranges) =>
        ranges.Length == 3 && ranges[2].First == ranges[1].First + 1 && ranges[0].Outcome.Same(ranges[2].Outcome);

    private int Leaf(Outcome outcome)
    {
        int otherwise = _assembler.Return(outcome.Action ?? _default);
        for (int i = outcome.Alternatives.Count - 1; i >= 0; i--)
        {
            (uint action, SeccompArgument[] arguments) = outcome.Alternatives[i];
            int matched = _assembler.Return(action);
            for (int a = arguments.Length - 1; a >= 0; a--)
                matched = ArgumentTest.Emit(_assembler, arguments[a], matched, otherwise);
            otherwise = matched;
        }
        return otherwise;
    }

    private readonly record struct Range(uint First, Outcome Outcome);
}
