using System.Globalization;
using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli;

/// <summary><c>--gpus</c>, and <c>--device</c> with the name of a device that a vendor describes.</summary>
internal static class DeviceRequestFlags
{
    private const int MostGpus = 1024;

    /// <summary>The requests, in docker's order.</summary>
    /// <exception cref="UsageException">A value is not well-formed; docker's words.</exception>
    public static DeviceRequest[] Read(ParsedArguments a)
    {
        var requests = new List<DeviceRequest>();
        foreach (string text in a.Values("gpus")) requests.Add(ParseGpus(text));
        string[] names = [.. a.Values("device").Where(device => CdiName.TryParse(device, out _))];
        if (names.Length > 0)
            requests.Add(new DeviceRequest { Driver = DeviceRequest.CdiDriver, DeviceIds = names });
        return [.. requests];
    }

    /// <summary>Reads <c>all</c>, <c>2</c>, <c>device=0</c>, <c>"device=0,1",capabilities=utility</c>.</summary>
    internal static DeviceRequest ParseGpus(string text)
    {
        try
        {
            return ParseFields(MountSyntax.Fields(text));
        }
        catch (UsageException e)
        {
            throw new UsageException($"invalid argument \"{text}\" for \"--gpus\" flag: {e.Message}", 125);
        }
    }

    private static DeviceRequest ParseFields(List<string> fields)
    {
        var request = new DeviceRequest { Capabilities = ["gpu"] };
        var seen = new HashSet<string>();
        foreach (string field in fields)
        {
            int equals = field.IndexOf('=');
            (string key, string value) = equals < 0 ? ("count", field) : (field[..equals], field[(equals + 1)..]);
            if (!seen.Add(key)) throw new UsageException($"gpu request key '{key}' can be specified only once");
            request = key switch
            {
                "driver" => request with { Driver = value },
                "count" => request with { Count = CountOf(value) },
                "device" => request with { DeviceIds = value.Split(',') },
                "capabilities" => request with { Capabilities = [.. value.Split(','), "gpu"] },
                "options" => throw new UsageException("the key 'options' is not supported: no driver has any"),
                _ => throw new UsageException($"unexpected key '{key}' in '{field}'"),
            };
        }
        if (request is { DeviceIds.Length: > 0, Count: not 0 })
            throw new UsageException("cannot set both Count and DeviceIDs on device request");
        return seen.Contains("count") || seen.Contains("device") ? request : request with { Count = 1 };
    }

    private static int CountOf(string text)
    {
        if (text == "all") return -1;
        bool isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count);
        if (!isNumber) throw new UsageException(
            $"invalid count ({text}): value must be either \"all\" or an integer: invalid syntax");
        return count is >= -1 and <= MostGpus ? count
            : throw new UsageException($"invalid count ({text}): 0 to {MostGpus}, or \"all\", is wanted");
    }
}
