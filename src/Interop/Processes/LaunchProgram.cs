using System.Runtime.InteropServices;
using System.Text;

namespace Skiff.Interop.Processes;

/// <summary>
/// A flat array of system calls in native memory, strings included, that a child runs without managed code.
/// Built once, launched once by <see cref="Launcher"/>, then disposed. Steps run in order; the only control flow is
/// skipping forward. Every step carries the words that name it when it fails. Not thread-safe.
/// </summary>
public sealed unsafe partial class LaunchProgram : IDisposable
{
    /// <summary>The result of a step that never ran.</summary>
    internal const long NotRun = long.MinValue;

    private const int ChunkLength = 16 * 1024;
    private const int MaximumSteps = 4096;

    // Nothing is ever pushed: the routine uses no stack, and no signal handler is left in the child.
    private const int StackLength = 1024;

    private readonly List<(nint Address, nint Length)> _chunks = [];
    private readonly List<StepInfo> _infos = [];
    private readonly List<Fd> _borrowed = [];
    private readonly List<Fd> _kept = [];
    private NativeStep* _steps;
    private int _capacity;
    private nint _free;
    private nint _freeEnd;
    private bool _disposed;

    /// <summary>
    /// An empty program. With a <paramref name="link"/> it is for <see cref="Launcher.Fork"/>: its memory is then
    /// shared with a child that is a copy of this process.
    /// </summary>
    public LaunchProgram(LaunchLink? link = null)
    {
        _link = link;
        if (link is not null) AddBeginning(link);
    }

    /// <summary>The number of steps so far; the index of the next one.</summary>
    public int Count => _infos.Count;

    /// <summary>
    /// What the child does last, for errors: <c>container web</c>; null when there is nothing to add.
    /// </summary>
    public string? Subject { get; set; }

    /// <summary>Adds the system call <paramref name="number"/>.</summary>
    /// <param name="call">The call with the arguments that matter, as an error names it.</param>
    /// <param name="path">The path that it works on, for the error; null when there is none.</param>
    /// <param name="number">One of <see cref="Syscalls.SyscallNumbers"/>.</param>
    /// <param name="onError">What to do when it fails.</param>
    /// <param name="arguments">At most six.</param>
    public LaunchStep Call(
        string call, string? path, int number, OnError onError, params ReadOnlySpan<StepArgument> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return Add(new StepInfo(call, path), number, onError, arguments);
    }

    /// <summary>
    /// As <see cref="Call(string, string?, int, OnError, ReadOnlySpan{StepArgument})"/>, where any error stops the
    /// program.
    /// </summary>
    public LaunchStep Call(string call, string? path, int number, params ReadOnlySpan<StepArgument> arguments) =>
        Call(call, path, number, OnError.Fail, arguments);

    /// <summary>Takes a descriptor that steps name: it is closed with the program.</summary>
    public Fd Own(Fd fd)
    {
        _kept.Add(fd);
        return fd;
    }

    /// <summary>Stops the program when reached, reporting the error that <paramref name="step"/> gave.</summary>
    public LaunchStep StopAs(LaunchStep step) =>
        Add(_infos[step.Index] with { StandsFor = step.Index }, -1, OnError.Fail, []);

    /// <summary>
    /// After success of <paramref name="step"/>, skips all steps between it and the next one to be added.
    /// </summary>
    public void AfterSuccessContinueHere(LaunchStep step) => _steps[step.Index].SkipAfterSuccess = BytesAfter(step);

    /// <summary>
    /// After a failure of <paramref name="step"/> that its <see cref="OnError"/> lists, skips all steps between it and
    /// the next one to be added.
    /// </summary>
    public void AfterListedErrorContinueHere(LaunchStep step) => _steps[step.Index].SkipAfterListed = BytesAfter(step);

    /// <summary>
    /// As <see cref="AfterListedErrorContinueHere"/>, for the errors that <see cref="OnError"/> does not list.
    /// </summary>
    public void AfterOtherErrorContinueHere(LaunchStep step)
    {
        NativeStep* native = &_steps[step.Index];
        native->SkipAfterOther = BytesAfter(step);
        if (native->SkipAfterOther != 0) return;
        // A skip of 0 means "stop" to the routine, so going on with the very next step is said by listing every errno.
        if (native->SkipAfterListed != 0) throw new InvalidOperationException("there is no step to skip");
        native->ListedLow = native->ListedHigh = UInt128.MaxValue;
    }

    /// <summary>
    /// The text as NUL-terminated UTF-8. A text with a NUL inside is refused, since the kernel would cut it there.
    /// </summary>
    public LaunchMemory Text(string text)
    {
        if (text.Contains('\0')) throw new LinuxException(Errno.EINVAL, "text with NUL", text.Replace('\0', '?'));
        int length = Encoding.UTF8.GetByteCount(text);
        LaunchMemory memory = Reserve(length + 1);
        Encoding.UTF8.GetBytes(text, Span(memory));
        return memory;
    }

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public LaunchMemory Bytes(ReadOnlySpan<byte> bytes)
    {
        LaunchMemory memory = Reserve(bytes.Length);
        bytes.CopyTo(Span(memory));
        return memory;
    }

    /// <summary>A copy of 64-bit values, for structs whose fields are all of that size.</summary>
    public LaunchMemory Words(params ReadOnlySpan<ulong> words) => Bytes(MemoryMarshal.AsBytes(words));

    /// <summary>Texts as a NULL-terminated array of pointers, the form of argv and envp.</summary>
    public LaunchMemory TextArray(IReadOnlyList<string> texts)
    {
        LaunchMemory array = Reserve((texts.Count + 1) * sizeof(nint));
        for (int i = 0; i < texts.Count; i++) ((nint*)array.Address)[i] = Text(texts[i]).Address;
        return array;
    }

    /// <summary>Zeroed memory, 16-byte aligned, that lives as long as the program.</summary>
    public LaunchMemory Reserve(int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nint aligned = Math.Max(16, (length + 15) & ~15);
        if (aligned > _freeEnd - _free) Grow(aligned);
        nint address = _free;
        _free += aligned;
        return new LaunchMemory(address, length);
    }

    /// <summary>What program memory holds; meaningful after the launch for what the child wrote.</summary>
    public ReadOnlySpan<byte> Read(LaunchMemory memory)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Span(memory);
    }

    /// <summary>What <paramref name="step"/> returned: a value, -errno, or null when it never ran.</summary>
    public long? ResultOf(LaunchStep step)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long result = *(long*)step.Result;
        return result == NotRun ? null : result;
    }

    /// <summary>
    /// Makes <paramref name="step"/> store its result at <paramref name="memory"/> (8 bytes, little-endian) instead of
    /// its own slot: for fields of structs that later steps pass. Arguments made from the step before this call read
    /// the old slot.
    /// </summary>
    public LaunchStep StoreResult(LaunchStep step, LaunchMemory memory)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory.Length, sizeof(long));
        _steps[step.Index].Result = (long*)memory.Address;
        *(long*)memory.Address = NotRun;
        return new LaunchStep(step.Index, memory.Address);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        CloseLeftovers();
        foreach (Fd fd in _kept) fd.Dispose();
        foreach (var (address, length) in _chunks) Free(address, length);
        _steps = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the native memory of a program that was never disposed.</summary>
    ~LaunchProgram() => Dispose();

    // A call whose successful result is a new descriptor.
    private LaunchStep Opening(
        string call, string? path, int number, OnError onError, params ReadOnlySpan<StepArgument> arguments) =>
        Add(new StepInfo(call, path) { OpensFd = true }, number, onError, arguments);

    private LaunchStep Add(StepInfo info, long number, OnError onError, ReadOnlySpan<StepArgument> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, 6);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Count, MaximumSteps);
        LaunchMemory result = Reserve(sizeof(long));
        *(long*)result.Address = NotRun;
        NativeStep* step = NextStep();
        *step = new NativeStep
        {
            Number = number,
            Result = (long*)result.Address,
            SkipAfterListed = (uint)(onError.Skip * sizeof(NativeStep)),
            ListedLow = onError.Low,
            ListedHigh = onError.High,
        };
        for (int i = 0; i < arguments.Length; i++)
        {
            step->Arguments[i] = arguments[i].Value;
            if (arguments[i].Indirect) step->Indirect |= 1u << i;
            if (arguments[i].Fd is { } fd) _borrowed.Add(fd);
        }
        _infos.Add(info);
        return new LaunchStep(Count - 1, result.Address);
    }

    // One spare step always follows the last: the end marker that the launch writes.
    private NativeStep* NextStep()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Count + 1 >= _capacity)
        {
            _capacity = Math.Max(64, _capacity * 2);
            var larger = (NativeStep*)Allocate(_capacity * sizeof(NativeStep));
            // SAFETY: the child is not running; steps are only addressed by index until the launch.
            new Span<NativeStep>(_steps, Count).CopyTo(new Span<NativeStep>(larger, Count));
            _steps = larger;
        }
        return _steps + Count;
    }

    private void Grow(nint needed)
    {
        nint length = Math.Max(ChunkLength, needed);
        _free = Allocate(length);
        _freeEnd = _free + length;
    }

    private uint BytesAfter(LaunchStep step) => (uint)((Count - step.Index - 1) * sizeof(NativeStep));

    // SAFETY: LaunchMemory is made by Reserve only; it lies inside a chunk that is freed by Dispose, which callers
    // check.
    private static Span<byte> Span(LaunchMemory memory) => new((void*)memory.Address, memory.Length);
}
