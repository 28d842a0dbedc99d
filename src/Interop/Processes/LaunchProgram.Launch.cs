using Skiff.Interop.Libc;

namespace Skiff.Interop.Processes;

// The launch itself as the program sees it: sealed once, then asked how it went and which descriptors it left here.
public sealed unsafe partial class LaunchProgram
{
    private const int StoppedByStep = -1;

    private readonly List<(int Step, int Fd)> _owned = [];
    private LaunchHeader* _header;
    private bool _sharedFiles;
    private bool _ran;

    /// <summary>
    /// With <see cref="LaunchOptions.ShareFiles"/>: the descriptor that <paramref name="step"/> opens stays open in
    /// this process, for <see cref="TakeFd"/>.
    /// </summary>
    public LaunchStep Keep(LaunchStep step)
    {
        _infos[step.Index] = _infos[step.Index] with { Kept = true };
        return step;
    }

    /// <summary>
    /// The descriptor that a kept step opened, now the caller's. Close-on-exec is as the step asked for. Throws when
    /// the step did not run, was not kept, or its descriptor was taken before.
    /// </summary>
    public Fd TakeFd(LaunchStep step)
    {
        for (int i = 0; i < _owned.Count; i++)
        {
            if (_owned[i].Step != step.Index) continue;
            var fd = new Fd(_owned[i].Fd);
            _owned.RemoveAt(i);
            return fd;
        }
        throw new InvalidOperationException($"step {step.Index} ({_infos[step.Index].Call}) left no descriptor here");
    }

    /// <summary>Whether the child got to exec or exit.</summary>
    internal bool Succeeded => _header->Outcome == 0 && CurrentIndex < Count && _infos[CurrentIndex].Ends;

    /// <summary>The step that the child stopped at; <see cref="Count"/> when it ran off the end.</summary>
    internal int CurrentIndex => (int)(_header->Current - _header->First);

    /// <summary>The errno of the step that the child stopped at; None when it did not stop by itself.</summary>
    internal Errno Failure
    {
        get
        {
            if (_header->Outcome != StoppedByStep) return (Errno)_header->Outcome;
            int origin = CurrentIndex < Count ? _infos[CurrentIndex].StandsFor : -1;
            return origin < 0 ? Errno.EINVAL : (Errno)(-*_header->First[origin].Result);
        }
    }

    /// <summary>The words for a step; the end of the program has its own.</summary>
    internal StepInfo InfoOf(int index) =>
        index < Count ? _infos[index] : new StepInfo("end of the launch program, without exec or exit", null);

    /// <summary>
    /// Ends building: writes the end marker and the header, and checks what a shared descriptor table forbids.
    /// </summary>
    internal LaunchHeader* Seal(bool sharedFiles, out void* stack, out int stackLength)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ran) throw new InvalidOperationException("a launch program runs once");
        if (Count == 0) throw new InvalidOperationException("the launch program has no steps");
        for (int i = 0; i < Count; i++) CheckStep(i, sharedFiles);
        foreach (Fd fd in _borrowed)
            if (fd.IsClosed)
                throw new InvalidOperationException("a descriptor of the launch program was closed before the launch");
        _ran = true;
        _sharedFiles = sharedFiles;
        *NextStep() = new NativeStep { Number = StoppedByStep };
        stackLength = StackLength;
        stack = (void*)Reserve(StackLength).Address;
        _header = (LaunchHeader*)Reserve(sizeof(LaunchHeader)).Address;
        *_header = new LaunchHeader { First = _steps, Current = _steps };
        return _header;
    }

    /// <summary>
    /// Sorts out what the child left in a shared descriptor table: kept ones are remembered, the others closed.
    /// </summary>
    internal void CloseUnkept()
    {
        int end = SharedEnd();
        for (int i = 0; i < end; i++)
        {
            StepInfo info = _infos[i];
            long result = *_steps[i].Result;
            if (!info.OpensFd || result < 0 || ClosedByChild(i, end)) continue;
            if (info.Kept) _owned.Add((i, (int)result));
            else Native.close((int)result);
        }
    }

    /// <summary>Closes kept descriptors that nobody took.</summary>
    internal void CloseLeftovers()
    {
        foreach (var (_, fd) in _owned) Native.close(fd);
        _owned.Clear();
    }

    private void CheckStep(int index, bool sharedFiles)
    {
        NativeStep* step = _steps + index;
        long left = (long)(Count - index - 1) * sizeof(NativeStep);
        if (Math.Max(step->SkipAfterSuccess, Math.Max(step->SkipAfterListed, step->SkipAfterOther)) > left)
            throw new InvalidOperationException($"step {index} ({_infos[index].Call}) skips beyond the end");
        if (sharedFiles && _infos[index].NeedsOwnFiles && !UnsharedBefore(index))
            throw new InvalidOperationException(
                $"step {index} ({_infos[index].Call}) would change the descriptors of this process: "
                + "unshare the table first");
    }

    private bool UnsharedBefore(int index)
    {
        for (int i = 0; i < index; i++)
            if (_infos[i].UnsharesFiles) return true;
        return false;
    }

    // The first step after which the child had its own table; steps before it acted on this process' table.
    private int SharedEnd()
    {
        if (!_sharedFiles) return 0;
        for (int i = 0; i < Count; i++)
            if (_infos[i].UnsharesFiles && *_steps[i].Result >= 0) return i;
        return Count;
    }

    private bool ClosedByChild(int opened, int end)
    {
        for (int i = opened + 1; i < end; i++)
            if (_infos[i].Closes == opened && *_steps[i].Result != NotRun) return true;
        return false;
    }
}
