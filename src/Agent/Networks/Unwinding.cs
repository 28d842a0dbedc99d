using System.Runtime.ExceptionServices;

namespace Skiff.Agent.Networks;

/// <summary>
/// What to undo when a set-up of several steps fails half-way: last step first, and every step even when one fails.
/// </summary>
internal sealed class Unwinding
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Remembers how to undo the step that was just done.</summary>
    public void Push(Action undo) => _steps.Push(undo);

    /// <summary>
    /// Undoes everything and throws <paramref name="cause"/>, together with the failures of undoing if there were any.
    /// </summary>
    public Exception Fail(Exception cause)
    {
        var failures = new List<Exception> { cause };
        while (_steps.TryPop(out Action? undo))
        {
            try
            {
                undo();
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }
        if (failures.Count == 1) ExceptionDispatchInfo.Throw(cause);
        throw new AggregateException(cause.Message, failures);
    }
}
