using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>What follows the end of a run, and an unhealthy one.</summary>
internal sealed partial class MonitorProcess
{
    // The length of a run whose end is still to become an event.
    private TimeSpan? _ended;

    private void OnContainerExit()
    {
        TimeSpan ran = _run!.Length;
        HealthState? health = _run.Health?.State;
        _served?.EndDhcp();
        ExitStatus? status = _run.End(out bool oomKilled);
        foreach (string failure in _run.Container.Failures) KernelLog.Error(_config, failure);
        _run = null;
        _loop.Cancel(_kill);
        Refresh();
        _records.Ended(status, oomKilled, health);
        int exitCode = _records.State.ExitCode;
        _ended = ran;
        // Of a container that goes with its run, the end comes before that.
        if (_config.AutoRemove) WriteEnd();
        if (!_noRestart && (_restartAnyway || _config.Restart.Restarts(exitCode, _records.State.RestartCount)))
            RestartLater(ran);
        else Finish();
    }

    // Whoever hears of it looks at the state, as docker compose does, and has to find the same there.
    private void WriteEnd()
    {
        if (_ended is { } ran) _store.Events.WriteEnd(_config, _records.State.ExitCode, ran);
        _ended = null;
    }

    // `update` and `rename` may have been there since the start.
    private void Refresh() => _config = _store.TryRead(_config.Id) ?? _config;

    private void RestartLater(TimeSpan ran)
    {
        _restartAnyway = false;
        _records.Restarting();
        WriteEnd();
        // Whoever watched this run has seen its end; whoever waits for the container waits on.
        TellEnd(client => client.Streams != AttachStreams.None);
        _restart = _loop.After(_delay.Next(ran), Restart);
    }

    private void Restart()
    {
        _restart = null;
        _records.CountRestart();
        if (TryStart(out Exception? failure)) return;
        if (_config.Restart.Restarts(ExitCodeOf(failure!), _records.State.RestartCount)) RestartLater(TimeSpan.Zero);
        else Finish();
    }

    private void GiveUpRestart()
    {
        _noRestart = true;
        _records.StoppedByUser();
        if (_restart is null) return;
        _loop.Cancel(_restart);
        Finish();
    }

    private void Finish()
    {
        _records.Finish();
        _store.RemoveRunDirectory(_config.Id);
        WriteEnd();
        TellEnd(static _ => true);
        _loop.End();
    }

    private void TellEnd(Predicate<ClientConnection> whom)
    {
        foreach (ClientConnection client in _clients.FindAll(whom))
        {
            client.Send(Packet.Exited(_records.State.ExitCode, _records.State.Doubt));
            client.Drain(DrainTimeoutMs);
        }
    }

    private void OnHealth(HealthState health)
    {
        Refresh();
        bool changes = health.Status != _records.State.Health;
        _records.Health(health);
        if (changes) _store.Events.Write(_config, $"health_status: {health.Status}");
        bool sick = changes && health.Status == "unhealthy";
        if (!sick) return;
        switch (_config.HealthOnFailure)
        {
            case "kill": _run!.Container.Process.PidFd.TrySendSignal(Signals.SIGKILL); break;
            case "stop":
                _noRestart = true;
                _records.StoppedByUser();
                EndRun();
                break;
            case "restart": EndAndRestart(); break;
            default:
                if (_config.Restart.OnUnhealthy) EndAndRestart();
                break;
        }
    }

    // Its exit code may be 0, after an orderly end; the policy's limit counts all the same.
    private void EndAndRestart()
    {
        _restartAnyway = _config.HealthOnFailure == "restart"
            || _config.Restart.Restarts(1, _records.State.RestartCount);
        EndRun();
    }

    private void EndRun()
    {
        PidFd process = _run!.Container.Process.PidFd;
        Signals.TryParse(_config.StopSignal, out int signal);
        process.TrySendSignal(signal);
        if (_config.StopTimeoutSeconds >= 0)
            _kill = _loop.After(_config.StopTimeoutSeconds * 1000L, () => process.TrySendSignal(Signals.SIGKILL));
    }
}
