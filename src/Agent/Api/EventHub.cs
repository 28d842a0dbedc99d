using System.Buffers;
using Skiff.Agent.Cli;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Api;

/// <summary>
/// One reader of the journal for all clients that follow it, which is there from the first of them on. When the last
/// has gone it ends with the next event: until then it sleeps and costs nothing.
/// </summary>
/// <param name="roots">Where the journal is.</param>
/// <param name="log">Takes a line about what went wrong.</param>
internal sealed class EventHub(StateRoots roots, Action<string> log)
{
    private readonly Lock _lock = new();
    private readonly List<EventQueue> _queues = [];
    private bool _isReading;

    /// <summary>A queue of what happens from here on.</summary>
    public EventQueue Follow(EventFilter filter, long until)
    {
        var queue = new EventQueue(filter, until);
        lock (_lock)
        {
            if (!_isReading)
            {
                var reader = new EventReader(roots);
                reader.SkipHistory();
                _ = ApiServer.RunAsync(() => Read(reader));
                _isReading = true;
            }
            _queues.Add(queue);
        }
        return queue;
    }

    /// <summary>All that is in the journal, the oldest first.</summary>
    public List<EngineEvent> History()
    {
        using var reader = new EventReader(roots);
        return reader.ReadHistory();
    }

    /// <summary>The queue is not wanted any more.</summary>
    public void Leave(EventQueue queue)
    {
        lock (_lock) _queues.Remove(queue);
    }

    /// <summary>An event as clients get it.</summary>
    public static byte[] Line(EngineEvent happened)
    {
        var line = new ArrayBufferWriter<byte>(512);
        happened.WriteLine(line);
        return line.WrittenSpan.ToArray();
    }

    private void Read(EventReader reader)
    {
        try
        {
            using (reader)
                while (Hand(reader.WaitForMore(-1)))
                {
                }
        }
        catch (LinuxException e)
        {
            log($"reading the events: {e.Message}");
            lock (_lock)
            {
                _isReading = false;
                foreach (EventQueue queue in _queues) queue.End();
            }
        }
    }

    // False when nobody follows any more.
    private bool Hand(List<EngineEvent> events)
    {
        lock (_lock)
        {
            _isReading = _queues.Count > 0;
            foreach (EngineEvent happened in _isReading ? events : [])
            {
                byte[] line = Line(happened);
                foreach (EventQueue queue in _queues) queue.Add(happened, line);
            }
            return _isReading;
        }
    }
}
