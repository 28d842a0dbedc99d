namespace Skiff.Interop.Processes;

/// <summary>
/// Two pipes between a process and a child that it forked (<see cref="Launcher.Fork"/>): the child reports, the parent
/// lets it go on. The child's ends close by exec and by its end, so the parent learns of both. Owned by its creator;
/// disposing it after the fork leaves the child without anybody to wait for.
/// </summary>
public sealed class LaunchLink : IDisposable
{
    /// <summary>Opens both pipes.</summary>
    public LaunchLink()
    {
        (ReportsRead, ReportsWrite) = Files.Pipe();
        (AnswersRead, AnswersWrite) = Files.Pipe();
    }

    /// <summary>What the child must not close before it has reported for the last time.</summary>
    public IReadOnlyList<Fd> ChildsEnds => [ReportsWrite, AnswersRead];

    internal Fd ReportsRead { get; }

    internal Fd ReportsWrite { get; }

    internal Fd AnswersRead { get; }

    internal Fd AnswersWrite { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReportsRead.Dispose();
        AnswersWrite.Dispose();
        CloseChildsEnds();
    }

    /// <summary>Once the child has its copies: only then does its end show here.</summary>
    internal void CloseChildsEnds()
    {
        ReportsWrite.Dispose();
        AnswersRead.Dispose();
    }
}
