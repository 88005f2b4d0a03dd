/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The library from Vala, as its users call it. Started with a channel the program is a worker. */

unowned string test_child;
string test_program;
MainLoop test_loop;

string[] child_argv (string mode, ...) {
  var args = va_list ();
  string[] argv = { test_child, mode };

  for (string? arg = args.arg<string?> (); arg != null; arg = args.arg<string?> ())
    argv += arg;

  return argv;
}

/* At the end of an async test. */
void done () {
  test_loop.quit ();
}

async void wait_closed (Cproc.Child child) {
  try {
    yield child.wait_async ();
  } catch (Error error) {
    assert_not_reached ();
  }
}

/* Command */

void test_command () {
  var command = new Cproc.Command ({ "ls", "-l" });

  assert_cmpstrv (command.argv, { "ls", "-l" });
  assert_null (command.argv0);
  assert_null (command.cwd);
  assert (command.environment == null);
  assert (command.stdin_mode == Cproc.Stdio.DEFAULT);
  assert (command.containment == Cproc.Containment.AUTO);
  assert (command.user_id == -1);

  command.argv = { "pwd" };
  command.cwd = "/";
  command.argv0 = "name";
  command.environment = { "A=1" };
  command.set_environment_variable ("B", "2");
  command.unset_environment_variable ("A");
  command.set_resource_limit (Cproc.Resource.CPU, 100, 100);
  command.set_stdio_file (2, "/dev/null", Cproc.FileFlags.WRITE | Cproc.FileFlags.APPEND);
  command.set_stdio_tee (1, null, Cproc.FileFlags.DEFAULT);
  assert_cmpstrv (command.argv, { "pwd" });
  assert_cmpstr (command.cwd, CompareOperator.EQ, "/");
  /* The changes are applied at the start. */
  assert_cmpstrv (command.environment, { "A=1" });
  assert (command.stderr_mode == Cproc.Stdio.FILE);
  command.cwd = null;
  assert_null (command.cwd);

  var by_properties = (Cproc.Command) Object.new (typeof (Cproc.Command), "cwd", "/", "nice", 3);
  assert_cmpint (by_properties.nice, CompareOperator.EQ, 3);
  assert_cmpstrv (new Cproc.Command.shell ("ls").argv, { "/bin/sh", "-c", "ls" });
  assert_cmpstrv (new Cproc.Command.module ("a.js").argv, { "a.js" });
  assert_cmpstrv (new Cproc.Command.module ("a.js", { "b" }).argv, { "a.js", "b" });
}

void assert_cmpstrv (string[]? strv, string[] expected) {
  assert_cmpint (strv.length, CompareOperator.EQ, expected.length);
  for (var i = 0; i < expected.length; i++)
    assert_cmpstr (strv[i], CompareOperator.EQ, expected[i]);
}

void test_signal_names () {
  assert_cmpstr (Cproc.signal_to_string (Posix.Signal.TERM), CompareOperator.EQ, "SIGTERM");
  assert_null (Cproc.signal_to_string (0));
  assert_cmpint (Cproc.signal_from_string ("INT"), CompareOperator.EQ, Posix.Signal.INT);
}

/* Child */

class Recorder : Cproc.Child {
  public string events = "";

  public Recorder (Cproc.Command command) {
    Object (command: command);
  }

  public override void started () {
    events += "started ";
  }

  public override void line (Cproc.Stream stream, string line) {
    events += @"line:$line ";
  }

  public override void closed () {
    events += "closed";
  }
}

void test_subclass () {
  var recorder = new Recorder (new Cproc.Command (child_argv ("lines", "2")));

  try {
    recorder.start ();
    recorder.wait ();
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpstr (recorder.events, CompareOperator.EQ, "started line:line 1 line:line 2 closed");
}

async void signals () {
  var child = new Cproc.Child (child_argv ("echo", "1", "a\nb\n", "2", "c"));
  var events = new StringBuilder ();

  child.started.connect (() => events.append ("started "));
  child.line["stdout"].connect ((stream, line) => {
    assert (stream == Cproc.Stream.STDOUT);
    events.append (@"out:$line ");
  });
  child.line["stderr"].connect ((stream, line) => events.append (@"err:$line "));
  child.exit.connect ((code, term_signal) => events.append (@"exit:$code,$term_signal "));
  child.closed.connect (() => events.append ("closed"));
  var lines = 0;
  child.lines.connect ((stream, batch) => lines += batch.length);
  var size = 0;
  child.output.connect ((stream, bytes) => size += bytes.length);
  var ended = 0;
  child.stream_ended.connect (() => ended++);
  var states = 0;
  child.notify["state"].connect (() => states++);

  try {
    assert (yield child.start_async ());
    assert (child.pid > 0);
    assert (yield child.wait_check_async ());
  } catch (Error error) {
    assert_not_reached ();
  }

  assert (events.str.has_prefix ("started "));
  assert ("out:a out:b " in events.str && "err:c " in events.str && "exit:0,0 " in events.str);
  assert (events.str.has_suffix (" closed"));
  assert_cmpint (lines, CompareOperator.EQ, 3);
  assert_cmpint (size, CompareOperator.EQ, 5);
  assert_cmpint (ended, CompareOperator.EQ, 2);
  assert_cmpint (states, CompareOperator.EQ, 4);
  assert (child.state == Cproc.State.CLOSED && child.exit_code == 0);
}

async void terminal () {
  var child = new Cproc.Child ({ "/bin/sh", "-c",
                                 "stty size; read -r x; echo \"<$x>\"; echo tty > /dev/tty" });
  child.command.stdin_mode = Cproc.Stdio.TERMINAL;
  child.command.set_terminal_size (100, 40);
  child.command.terminal_flags = Cproc.TerminalFlags.NO_ECHO;
  var text = new StringBuilder ();
  var shown = new StringBuilder ();

  child.output["stdout"].connect ((stream, bytes) =>
    text.append_len ((string) bytes.get_data (), (ssize_t) bytes.length));
  child.output["terminal"].connect ((stream, bytes) => {
    assert (stream == Cproc.Stream.TERMINAL);
    shown.append_len ((string) bytes.get_data (), (ssize_t) bytes.length);
  });
  try {
    assert (child.set_terminal_size (120, 50));
    child.start ();
    assert (yield child.write_async (new Bytes ("hi\r".data)));
    yield child.wait_check_async ();
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpstr (text.str, CompareOperator.EQ, "50 120\n<hi>\n");
  assert_cmpstr (shown.str, CompareOperator.EQ, "tty\r\n");

  try {
    new Cproc.Child ({ "true" }).take_terminal ();
    assert_not_reached ();
  } catch (Cproc.Error.NOT_SUPPORTED error) {
  } catch (Error error) {
    assert_not_reached ();
  }
}

async void streams () {
  var child = new Cproc.Child (child_argv ("cat", "0", "1"));
  child.command.stdin_mode = Cproc.Stdio.PIPE;
  var text = new StringBuilder ();

  child.output.connect ((stream, bytes) =>
    text.append_len ((string) bytes.get_data (), (ssize_t) bytes.length));
  child.pause (Cproc.Stream.STDOUT);
  try {
    child.start ();
    assert (yield child.write_async (new Bytes ("one, ".data)));
    assert (yield child.write_async (new Bytes ("two".data), Priority.DEFAULT, null));
    child.close_stdin ();
    assert_cmpstr (text.str, CompareOperator.EQ, "");
    child.resume (Cproc.Stream.STDOUT);
    yield child.wait_check_async ();
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpstr (text.str, CompareOperator.EQ, "one, two");
  assert_null (child.get_pipe_stream (5));
}

async void reads () {
  var child = new Cproc.Child (child_argv ("echo", "1", "one\ntwo")) { keep_output = true };

  try {
    child.start ();
    assert_cmpstr (yield child.read_line_async (Cproc.Stream.STDOUT), CompareOperator.EQ, "one");
    Bytes bytes = yield child.read_async (Cproc.Stream.STDOUT, 10);
    assert (bytes.length == 3);
    assert_null (yield child.read_line_async (Cproc.Stream.STDOUT));
  } catch (Error error) {
    assert_not_reached ();
  }
  yield wait_closed (child);
}

async void taken_stream () {
  var child = new Cproc.Child (child_argv ("echo", "1", "a\n"));

  try {
    InputStream? stream = child.take_stdout_stream ();
    child.start ();
    var reader = new DataInputStream (stream);
    assert_cmpstr (yield reader.read_line_async (), CompareOperator.EQ, "a");
    assert_null (yield reader.read_line_async ());
  } catch (Error error) {
    assert_not_reached ();
  }
  yield wait_closed (child);
}

async void kill_child () {
  var child = new Cproc.Child (child_argv ("sleep-forever", "ready")) {
    kill_signal = Posix.Signal.INT,
    kill_grace = 60000
  };

  child.line.connect (() => {
    try {
      child.kill ();
    } catch (Error error) {
      assert_not_reached ();
    }
  });
  try {
    child.start ();
    yield child.wait_check_async ();
    assert_not_reached ();
  } catch (Cproc.Error.SIGNALED error) {
    assert_cmpint (child.term_signal, CompareOperator.EQ, Posix.Signal.INT);
  } catch (Error error) {
    assert_not_reached ();
  }

  try {
    child.send_signal (0);
    assert_not_reached ();
  } catch (Error error) {
    assert (error is Cproc.Error.NOT_RUNNING);
  }
}

async void progress () {
  var child = new Cproc.Child (child_argv ("echo", "1", "a\nbc\n"));
  var progress = new Cproc.Progress (child);
  double[] seen = {};

  assert (progress.fraction == -1);
  progress.set_func ((child, stream, line) => line.length / 4.0);
  progress.notify["fraction"].connect (() => seen += progress.fraction);
  try {
    child.start ();
    yield child.wait_check_async ();
  } catch (Error error) {
    assert_not_reached ();
  }
  assert (seen[seen.length - 1] == 0.5);

  try {
    assert (progress.set_pattern ("(\\d+)%"));
    progress.set_pattern ("%");
    assert_not_reached ();
  } catch (Error error) {
    assert (error is IOError.INVALID_ARGUMENT);
  }
}

async void start_fails () {
  try {
    yield new Cproc.Child ({ "/no/such/program" }).start_async ();
    assert_not_reached ();
  } catch (SpawnError.NOENT error) {
    assert ("/no/such/program" in error.message);
  } catch (Error error) {
    assert_not_reached ();
  }
}

/* Exec */

async void exec () {
  var exec = new Cproc.Exec (child_argv ("cat", "0", "1")) {
    input = new Bytes ("text".data),
    max_buffer = -1
  };

  try {
    assert (yield exec.run_async ());
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpstr (exec.get_stdout_text (), CompareOperator.EQ, "text");
  assert_cmpint (exec.get_stderr_bytes ().length, CompareOperator.EQ, 0);
  assert_null (exec.get_error_stack ());
}

async void exec_fails () {
  var exec = new Cproc.Exec.shell ("echo why >&2; exit 7");

  try {
    yield exec.run_async ();
    assert_not_reached ();
  } catch (Cproc.Error.EXITED error) {
    assert_cmpstr (error.message, CompareOperator.EQ,
                   "“echo why >&2; exit 7” exited with code 7: why");
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpint (exec.exit_code, CompareOperator.EQ, 7);
  assert_cmpstr (exec.get_stderr_text (), CompareOperator.EQ, "why\n");
}

async void exec_cancelled () {
  var exec = new Cproc.Exec (child_argv ("sleep-forever", "ready"));
  var cancellable = new Cancellable ();

  exec.line.connect (() => cancellable.cancel ());
  try {
    yield exec.run_async (cancellable);
    assert_not_reached ();
  } catch (IOError.CANCELLED error) {
    assert_cmpint (exec.term_signal, CompareOperator.EQ, Posix.Signal.TERM);
  } catch (Error error) {
    assert_not_reached ();
  }
}

/* Worker, Channel and Message */

Cproc.Worker new_worker () {
  return new Cproc.Worker (test_program, { "worker" });
}

async void worker () {
  var worker = new_worker ();
  Cproc.Message[] messages = {};
  var disconnected = 0;

  worker.message.connect ((message) => {
    messages += message;
    if (messages.length == 4)
      worker.close_channel ();
  });
  worker.disconnected.connect (() => disconnected++);
  try {
    yield worker.start_async ();
    assert (worker.send (new Cproc.Message.text ("{\"foo\":1}")));
    assert (yield worker.send_async (new Cproc.Message.text ("[true,null]")));
    assert (worker.send (new Cproc.Message.variant ("Hello there!")));
    assert (yield worker.send_async (new Cproc.Message.node (Json.from_string ("{\"bar\":2.5}"))));
    assert (yield worker.channel.flush_async ());
  } catch (Error error) {
    assert_not_reached ();
  }
  yield wait_closed (worker);

  assert_cmpint (messages.length, CompareOperator.EQ, 4);
  assert_cmpstr (messages[0].get_text (), CompareOperator.EQ, "{\"foo\":1}");
  assert_cmpint ((int) messages[0].get_root ().get_object ().get_int_member ("foo"),
                 CompareOperator.EQ, 1);
  assert_cmpstr (messages[1].get_text (), CompareOperator.EQ, "[true,null]");
  assert_cmpstr (messages[2].get_root ().get_string (), CompareOperator.EQ, "Hello there!");
  assert_null (messages[2].get_fd_list ());
  assert_cmpstr (messages[3].get_text (), CompareOperator.EQ, "{\"bar\":2.5}");
  assert_cmpint (disconnected, CompareOperator.EQ, 1);
  assert (!worker.channel.connected && worker.channel_fd == 3);
  assert_cmpint (worker.exit_code, CompareOperator.EQ, 12);
}

async void descriptors () {
  var worker = new_worker ();
  var content = "";

  worker.message.connect ((message) => {
    try {
      var stream = new UnixInputStream (message.get_fd_list ().get (0), true);
      Posix.lseek (stream.get_fd (), 0, Posix.SEEK_SET);
      content = new DataInputStream (stream).read_line ();
    } catch (Error error) {
      assert_not_reached ();
    }
    worker.close_channel ();
  });
  try {
    FileIOStream stream;
    var file = File.new_tmp ("cproc-XXXXXX", out stream);
    file.delete ();
    stream.output_stream.write_all ("inside\n".data, null);
    var fds = new UnixFDList ();
    fds.append (((FileDescriptorBased) stream.input_stream).get_fd ());
    worker.start ();
    var values = new Cproc.Message.text ("{\"a\":[1,2.5,true,\"x\"]}");
    assert (values.has ("/a/3") && !values.has ("/a/4"));
    assert (values.get_int64 ("/a/0") == 1 && values.get_double ("/a/1") == 2.5);
    assert (values.get_boolean ("/a/2") && values.dup_string ("/a/3") == "x");
    assert (values.get_length ("/a") == 4);
    assert (values.dup_variant ("/a", null).n_children () == 4);

    var with_fds = new Cproc.Message.text ("0");
    assert (with_fds.set_fd_list (fds));
    assert (worker.send (with_fds));
  } catch (Error error) {
    assert_not_reached ();
  }
  yield wait_closed (worker);
  assert_cmpstr (content, CompareOperator.EQ, "inside");
}

async void not_a_message () {
  var worker = new_worker ();

  try {
    worker.start ();
    yield worker.send_async (new Cproc.Message.text ("{"));
    assert_not_reached ();
  } catch (Cproc.Error.INVALID_MESSAGE error) {
    worker.close_channel ();
  } catch (Error error) {
    assert_not_reached ();
  }
  yield wait_closed (worker);
}

void add_up (Cproc.Channel channel, Cproc.Request request) {
  try {
    unowned var params = request.params;
    var sum = params.get_int64 ("/0") + params.get_int64 ("/1");

    assert (request.method == "add" && !request.is_notification);
    request.reply (new Cproc.Message.variant (sum));
  } catch (Error error) {
    try {
      request.reply_error (Cproc.ReplyError.INVALID_PARAMS, error.message, null);
    } catch (Error closed) {
      assert_not_reached ();
    }
  }
}

/* Asks the parent, and answers what it has answered. */
async void ask (Cproc.Channel channel, Cproc.Request request) {
  try {
    request.reply (yield channel.request_async ("up", null, 0));
  } catch (Error error) {
    assert_not_reached ();
  }
}

async void requests () {
  var worker = new_worker ();

  worker.request_received.connect ((request) => {
    try {
      request.reply (new Cproc.Message.text ("\"down\""));
    } catch (Error error) {
      assert_not_reached ();
    }
  });
  try {
    worker.start ();
    var sum = yield worker.request_async ("add", new Cproc.Message.text ("[1,2]"), 0);
    assert (sum.get_int64 ("") == 3);
    assert (worker.request ("add", new Cproc.Message.text ("[3,4]"), 0).get_int64 ("") == 7);
    assert ((yield worker.request_async ("ask", null, 0)).get_text () == "\"down\"");
    yield worker.request_async ("add", new Cproc.Message.text ("[1,\"x\"]"), 0);
    assert_not_reached ();
  } catch (Error error) {
    assert (error.domain == Cproc.ReplyError.quark ());
    assert (error.code == Cproc.ReplyError.INVALID_PARAMS);
  }
  worker.close_channel ();
  yield wait_closed (worker);
}

async void pool () {
  var pool = new Cproc.Pool (new Cproc.Command.module (test_program, { "worker" }), 2);
  var started = 0;

  pool.worker_started.connect (() => started++);
  pool.request_received.connect ((worker, request) => {
    try {
      request.reply (new Cproc.Message.text ("\"from the pool\""));
    } catch (Error error) {
      assert_not_reached ();
    }
  });
  try {
    var params = new Cproc.Message.text ("[1,2]");
    assert ((yield pool.request_async ("add", params, 0)).get_int64 ("") == 3);
    assert ((yield pool.request_full_async ("add", params, 1, "key", 0)).get_int64 ("") == 3);
    assert ((yield pool.request_async ("ask", null, 0)).get_text () == "\"from the pool\"");
    assert (pool.get_n_items () == 1 && started == 1);
    assert (yield pool.drain_async ());
    assert (yield pool.close_async ());
    assert (pool.state == Cproc.PoolState.CLOSED);
    yield pool.request_async ("add", params, 0);
    assert_not_reached ();
  } catch (Cproc.Error.CLOSED error) {
  } catch (Error error) {
    assert_not_reached ();
  }
}

/* Sends every message back. */
int be_worker () {
  try {
    Cproc.Channel? parent = Cproc.Channel.get_parent ();
    var loop = new MainLoop ();

    parent.message.connect ((message) => {
      try {
        parent.send (message);
      } catch (Error error) {
        assert_not_reached ();
      }
    });
    parent.serve ("add", add_up);
    parent.serve ("ask", (channel, request) => ask.begin (channel, request));
    parent.disconnected.connect (loop.quit);
    loop.run ();
  } catch (Error error) {
    return 1;
  }

  return 12;
}

async void pipeline () {
  var pipeline = new Cproc.Pipeline ();
  var last = new Cproc.Exec ({ "head", "-n", "1" });
  unowned Cproc.Child first = pipeline.append (new Cproc.Command ({ "yes" }));
  pipeline.append_child (last);

  assert (pipeline.get_n_items () == 2 && pipeline.get_item (0) == first);
  try {
    yield pipeline.start_async (null);
    yield pipeline.wait_check_async (null);
  } catch (Error error) {
    assert_not_reached ();
  }
  assert_cmpstr (last.get_stdout_text (), CompareOperator.EQ, "y\n");
  assert (first.term_signal == 13 && pipeline.failed_stage == -1);
  assert (pipeline.state == Cproc.State.CLOSED);
}

delegate void Begin ();

void add_async (string path, owned Begin begin) {
  Test.add_data_func (path, () => {
    begin ();
    test_loop.run ();
  });
}

int main (string[] args) {
  if (args.length > 1 && args[1] == "worker")
    return be_worker ();

  Test.init (ref args);
  test_program = args[0];
  test_loop = new MainLoop ();
  test_child = Environment.get_variable ("CPROC_TEST_CHILD");

  Test.add_func ("/vala/command", test_command);
  Test.add_func ("/vala/signal-names", test_signal_names);
  Test.add_func ("/vala/subclass", test_subclass);
  add_async ("/vala/signals", () => signals.begin (done));
  add_async ("/vala/streams", () => streams.begin (done));
  add_async ("/vala/terminal", () => terminal.begin (done));
  add_async ("/vala/reads", () => reads.begin (done));
  add_async ("/vala/taken-stream", () => taken_stream.begin (done));
  add_async ("/vala/pipeline", () => pipeline.begin (done));
  add_async ("/vala/kill", () => kill_child.begin (done));
  add_async ("/vala/progress", () => progress.begin (done));
  add_async ("/vala/start-fails", () => start_fails.begin (done));
  add_async ("/vala/exec", () => exec.begin (done));
  add_async ("/vala/exec-fails", () => exec_fails.begin (done));
  add_async ("/vala/exec-cancelled", () => exec_cancelled.begin (done));
  add_async ("/vala/worker", () => worker.begin (done));
  add_async ("/vala/descriptors", () => descriptors.begin (done));
  add_async ("/vala/requests", () => requests.begin (done));
  add_async ("/vala/pool", () => pool.begin (done));
  add_async ("/vala/not-a-message", () => not_a_message.begin (done));

  return Test.run ();
}
