using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>
/// Makes requests out of docker-api.txt, with values that are right, odd or nonsense. What would wait for a network or
/// change the host beyond the namespaces of the tests is not among them.
/// </summary>
internal sealed class FuzzRequests(Random random, string image)
{
    private static readonly string[] s_operations = Operations();

    private static readonly string[] s_values =
    [
        "", "0", "1", "true", "false", "-1", "99999999999999999999", "1.5", "x", "null", "%00", "%ff%fe", "a%0d%0ab: c",
        "{}", "{", "[]", "%7B%22label%22:[%22a%3Db%22]%7D", "%7B%22status%22:%7B%22running%22:true%7D%7D",
        "%7B%22name%22:5%7D", "%7B%22no-such%22:[%22x%22]%7D", "1700000000", "1700000000.000000001",
        "2026-01-01T00:00:00Z", "../../etc/passwd", "%2e%2e%2f", "/tmp", "/etc/passwd", "linux/amd64", "plan9/mips",
        "next-exit", "removed", "SIGTERM", "SIGNOPE", "aux", "ctrl-p,ctrl-q", "latest", "10", "80x24", "ü",
        "\ud83d\ude00",
    ];

    private static readonly string[] s_fields =
    [
        "Image", "Cmd", "Entrypoint", "Env", "User", "WorkingDir", "Tty", "OpenStdin", "Labels", "ExposedPorts",
        "Volumes",
        "Healthcheck", "StopSignal", "StopTimeout", "HostConfig", "NetworkingConfig", "Hostname", "Domainname",
        "MacAddress", "Binds", "Mounts", "PortBindings", "RestartPolicy", "NetworkMode", "Memory", "MemorySwap",
        "NanoCpus", "CpuShares", "CpusetCpus", "PidsLimit", "CapAdd", "CapDrop", "Dns", "ExtraHosts", "ReadonlyRootfs",
        "SecurityOpt", "Tmpfs", "Ulimits", "LogConfig", "Init", "AutoRemove", "ShmSize", "IpcMode", "PidMode",
        "UTSMode",
        "UsernsMode", "CgroupParent", "Devices", "BlkioWeight", "Name", "Driver", "IPAM", "Config", "Subnet", "Gateway",
        "Internal", "EnableIPv6", "Options", "Container", "EndpointConfig", "IPAddress", "Force", "AttachStdout",
        "AttachStdin", "Detach", "DriverOpts", "username", "password", "serveraddress", "no such field",
    ];

    private readonly List<string> _names = ["none", "%00", "..", "a%2Fb", new string('a', 300), "fuzz-gone"];

    /// <summary>Makes what there is to find.</summary>
    public void Use(ApiAgent api)
    {
        string running = api.Sleeper("fuzz-run");
        string created = api.Create("fuzz-new", """["true"]""");
        api.Skiff("run", "--name", "fuzz-end", image, "true").Exits(0);
        api.Skiff("network", "create", "fuzz-net").Exits(0);
        api.Skiff("volume", "create", "fuzz-volume").Exits(0);
        _names.AddRange(["fuzz-run", "fuzz-new", "fuzz-end", "fuzz-net", "fuzz-volume", running[..12], created,
            Uri.EscapeDataString(image), image]);
    }

    /// <summary>The next one. One that is not whole has lost or changed bytes, and may deserve no answer.</summary>
    public byte[] Next(out bool isWhole)
    {
        byte[] request = Encoding.UTF8.GetBytes(Request());
        isWhole = random.Next(8) > 0;
        if (!isWhole)
        {
            for (int n = random.Next(1, 4); n > 0; n--) request[random.Next(request.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) request = request[..random.Next(request.Length)];
        }
        return request;
    }

    private string Request()
    {
        string[] operation = Pick(s_operations).Split(' ');
        // The registry is that of all tests: nothing is pushed to it.
        string name = operation[2] == "ImagePush" ? "127.0.0.1:1/nothing" : Pick(_names);
        string path = operation[1].Replace("{id}", name).Replace("{name}", name).Replace("{name:.*}", name);
        string[] parameters = [.. operation[3..].Where(_ => random.Next(2) == 0)
            .Select(name => $"{name}={Value(name)}")];
        string query = parameters.Length == 0 ? "" : "?" + string.Join('&', parameters);
        string version = random.Next(3) switch { 0 => "", 1 => "/v1.41", _ => "/v1.51" };
        string body = operation[0] is "POST" or "PUT" && random.Next(4) > 0 ? Body(path) : "";
        string type = path is "/images/load" || path.EndsWith("/archive", StringComparison.Ordinal)
            ? "application/x-tar" : "application/json";
        return $"{operation[0]} {version}{path}{query} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n"
            + $"Content-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
    }

    // Nobody is asked for an image but a port of this host on which nobody is.
    private string Value(string name) => name switch
    {
        "fromImage" => "127.0.0.1:1/nothing",
        "fromSrc" => "-",
        "term" or "remote" => "127.0.0.1:1/x",
        // Without -1, which waits for as long as a container takes.
        "t" => Pick(["0", "1", "x"]),
        "path" => Pick(["/tmp", "/etc/passwd", "..", "/proc/self/exe", "", "/no/such"]),
        _ => Pick(s_values),
    };

    private string Body(string path) => random.Next(12) switch
    {
        0 => Pick(["", "{", "[]", "null", "\"x\"", "{\"a\":1,\"a\":2}", new string('[', 5000), "\0", "{\"Image\":}"]),
        _ when path == "/containers/create" => $$"""{"Image": "{{image}}", "Cmd": ["true"], {{Fields(2)}}}""",
        _ when path.EndsWith("/exec", StringComparison.Ordinal) => $$"""{"Cmd": ["true"], {{Fields(1)}}}""",
        _ => $"{{{Fields(2)}}}",
    };

    private string Fields(int depth) => string.Join(", ", Enumerable.Range(0, random.Next(1, 5))
        .Select(_ => $"\"{Pick(s_fields)}\": {Json(depth)}"));

    private string Json(int depth) => random.Next(depth > 0 ? 10 : 7) switch
    {
        0 => "null",
        1 => Pick(["true", "false"]),
        2 => Pick(["0", "1", "-1", "1048576", "99999999999999999999", "1e999", "0.5"]),
        3 => "\"\"",
        4 or 5 => $"\"{Pick(["x", "host", "none", "bridge", "container:fuzz-run", "fuzz-net", "no", "on-failure",
            "80/tcp", "127.0.0.1", "fuzz-volume:/data", "/tmp/no-such:/x", "NET_ADMIN", "A=b",
            "10.250.0.0/24", "\\u0000"])}\"",
        6 => "[\"x\", \"A=b\"]",
        7 => $"[{Json(depth - 1)}]",
        8 => $"{{{Fields(depth - 1)}}}",
        _ => $"{{\"80/tcp\": {Json(depth - 1)}, \"x\": {Json(depth - 1)}}}",
    };

    private string Pick(IReadOnlyList<string> of) => of[random.Next(of.Count)];

    private static string[] Operations()
    {
        using Stream stream = typeof(FuzzRequests).Assembly.GetManifestResourceStream("docker-api.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
