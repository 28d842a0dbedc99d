using System.Diagnostics;
using System.Runtime.CompilerServices;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// Lets the layers of a pull begin in the manifest's order: first one, and one more as long as that brings more in all,
/// so that on a slow link the first layers get through instead of all of them creeping along. A link that shows itself
/// fast has all that may run at once, and small layers wait for nobody.
/// </summary>
/// <param name="receivedBytes">How many bytes have come so far, of all layers.</param>
/// <param name="most">How many may run at once.</param>
internal sealed class LayerTurns(Func<long> receivedBytes, int most)
{
    private const int LookMs = 25;
    private const int SmallBytes = 64 << 10;

    // What a link brings at least that needs no trying out, and of how many bytes that is told: fewer may have waited
    // in a buffer.
    private const double FastBytesPerSecond = 2 << 20;
    private const int TellingBytes = 256 << 10;

    // How much more one more layer has to bring.
    private const double Gain = 1.25;

    private readonly SemaphoreSlim _ended = new(0);
    private int _running, _width = 1;
    private double _rate;
    private bool _hasBegun;

    /// <summary>Gives out each layer when its turn has come; whoever takes one says <see cref="End"/>.</summary>
    public async IAsyncEnumerable<(Descriptor Layer, Digest DiffId)> InOrder(
        IEnumerable<(Descriptor Layer, Digest DiffId)> layers,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach ((Descriptor Layer, Digest DiffId) one in layers)
        {
            if (!IsSmall(one.Layer))
            {
                await WaitAsync(cancellation).ConfigureAwait(false);
                Interlocked.Increment(ref _running);
            }
            yield return one;
        }
    }

    /// <summary>A layer needs its turn no longer.</summary>
    public void End(Descriptor layer)
    {
        if (IsSmall(layer)) return;
        Interlocked.Decrement(ref _running);
        _ended.Release();
    }

    private static bool IsSmall(Descriptor layer) => layer.Size <= SmallBytes;

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var window = new RateWindow(receivedBytes());
        while (Volatile.Read(ref _running) >= _width)
        {
            await _ended.WaitAsync(LookMs, cancellation).ConfigureAwait(false);
            window = Look(window);
        }
    }

    // Widens when there is reason to; the window that goes on, or a new one.
    private RateWindow Look(RateWindow window)
    {
        long bytes = receivedBytes() - window.StartBytes;
        // How long a registry takes to answer says nothing about the link.
        if (!_hasBegun && bytes > 0)
        {
            _hasBegun = true;
            return new RateWindow(window.StartBytes);
        }
        double seconds = window.Seconds, rate = bytes / seconds;
        if (bytes >= TellingBytes && rate >= FastBytesPerSecond) _width = most;
        if (seconds < 1) return window;
        if (_width < most && rate >= Gain * _rate) (_width, _rate) = (_width + 1, rate);
        return new RateWindow(window.StartBytes + bytes);
    }

    private readonly record struct RateWindow(long StartBytes)
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public double Seconds => Stopwatch.GetElapsedTime(_start).TotalSeconds;
    }
}
