using Skiff.Agent.Manager;

namespace Skiff.Agent.Api;

/// <summary>
/// The processes that clients have asked for. As with Docker, those that have ended are kept for a while.
/// </summary>
internal sealed class ExecTable
{
    private const long KeptMs = 5 * 60_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ExecRecord> _records = [];

    /// <summary>Keeps one.</summary>
    public void Add(ExecRecord record)
    {
        long now = Environment.TickCount64;
        lock (_lock)
        {
            List<string>? old = null;
            foreach (ExecRecord other in _records.Values)
                if (!other.IsRunning && now - other.TouchedMs > KeptMs) (old ??= []).Add(other.Id);
            foreach (string id in old ?? []) _records.Remove(id);
            _records.Add(record.Id, record);
        }
    }

    /// <summary>Whether one runs.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock) return _records.Values.Any(record => record.IsRunning);
        }
    }

    /// <summary>The error about one that is not there.</summary>
    public static ApiException NotFound(string id) => new(404, $"No such exec instance: {id}");

    /// <summary>One of them.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public ExecRecord Get(string id)
    {
        lock (_lock)
            return _records.TryGetValue(id, out ExecRecord? record) ? record
                : throw NotFound(id);
    }
}
