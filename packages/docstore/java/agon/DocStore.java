package agon;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVStore;

/**
 * The embedded document store: the MongoDB wire protocol over one H2 MVStore file.
 * Arguments: port, file. Listens on loopback only. A write is on disk before its reply leaves.
 */
public final class DocStore {
  private static final Set<String> WRITES =
      Set.of("insert", "update", "delete", "findandmodify", "create", "createindexes", "drop", "dropdatabase", "dropindexes");

  /** What today's drivers ask for: they refuse the library's own wire version 8. */
  private static final class Seven implements MongoVersion {
    public List<Integer> getVersionArray() {
      return List.of(7, 0, 0);
    }

    public int getWireVersion() {
      return 21;
    }
  }

  private static final class DurableBackend extends H2Backend {
    DurableBackend(MVStore store) {
      super(store);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      Document reply = super.handleMessage(message);
      String command = message.getDocument().keySet().iterator().next().toLowerCase();
      // Acknowledged means durable: kill -9 after this reply loses nothing.
      if (WRITES.contains(command)) getMvStore().commit();
      return reply;
    }
  }

  public static void main(String[] arguments) {
    int port = Integer.parseInt(arguments[0]);
    MVStore store = new MVStore.Builder().fileName(arguments[1]).autoCompactFillRate(60).open();
    store.setRetentionTime(2000); // without these two the file grows 27 KB a write
    store.setAutoCommitDelay(200);
    DurableBackend backend = new DurableBackend(store);
    backend.version(new Seven());
    MongoServer server = new MongoServer(backend);
    server.bind(new InetSocketAddress("127.0.0.1", port));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("{\"msg\":\"document store listens\",\"port\":" + port + "}");
  }
}
