/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cproc-poller-private.h"
#include "cproc-turn-private.h"

#define MAX_EVENTS 64

/* The main context itself polls up to this many descriptors: a few of them need neither an epoll
 * descriptor nor its system call at every turn. With more, epoll takes over. */
#define MAX_POLLED 8

/* The watches of one descriptor, usually one for reading and one for writing. epoll takes each
 * descriptor only once. */
typedef struct
{
  CprocWatch *watches;
  guint32 events;
  GPollFD poll;       /* valid if the main context polls it */
  gboolean is_polled;
  guint32 generation; /* distinguishes a descriptor from an earlier one of the same number */
} CprocPollerEntry;

struct _CprocPoller
{
  GSource source;
  GMainContext *context; /* no reference: the context holds the source */
  GMutex mutex;          /* other threads use the context of the library's thread too */
  pid_t process;         /* the process that made it: a fork shares the epoll set */
  int epoll_fd;          /* -1 while the main context polls all */
  gboolean has_refused;  /* epoll refused a descriptor: the main context polls it */
  GPollFD epoll_poll;
  GHashTable *entries; /* descriptor to CprocPollerEntry; watches without a descriptor have -1 */
  CprocWatch *pending; /* the one that has waited longest comes first */
  guint32 generation;

  CprocTurn *turn;          /* shared by all pollers and channels of the context */
  guint64 last_key;         /* the key after which a turn was cut short; 0: none was */
  gboolean is_events_first; /* a turn was cut short before the events were looked at */
};

static GMutex pollers_mutex;
static GHashTable *pollers; /* GMainContext to GSList of CprocPoller, while they have watches */

static guint64
event_key (int     fd,
           guint32 generation)
{
  return ((guint64) generation << 32) | (guint32) fd;
}

/* Finds the next watch that the event is for. An earlier event of the same turn may have removed
 * the descriptor, or replaced it by another. */
static CprocWatch *
poller_find_watch (CprocPoller  *self,
                   guint64       key,
                   GIOCondition  condition,
                   gboolean      with_bounded,
                   CprocWatch   *after)
{
  CprocPollerEntry *entry =
    g_hash_table_lookup (self->entries, GINT_TO_POINTER ((int) (guint32) key));
  CprocWatch *watch;

  if (entry == NULL || entry->generation != key >> 32)
    return NULL;

  watch = entry->watches;
  if (after != NULL)
    {
      while (watch != NULL && watch != after)
        watch = watch->next;
      if (watch != NULL)
        watch = watch->next;
    }

  /* Hang-ups and errors reach every watch, as with poll(2). */
  while (watch != NULL && (((watch->condition | G_IO_HUP | G_IO_ERR) & condition) == 0 ||
                           (watch->is_bounded && !with_bounded)))
    watch = watch->next;

  return watch;
}

/* The function and its data, copied from a watch: another thread may stop and free the watch before
 * the call. */
typedef struct
{
  CprocWatchFunc func;
  gpointer user_data;
  CprocOwner *owner;
} CprocPollerCall;

/* Call with the mutex locked. */
static CprocPollerCall
poller_take_call (CprocWatch *watch)
{
  CprocPollerCall call = { NULL, NULL, NULL };

  if (watch == NULL)
    return call;

  call.func = watch->func;
  call.user_data = watch->user_data;
  if (watch->owner != NULL)
    call.owner = cproc_owner_ref (watch->owner);

  return call;
}

static void
poller_call (CprocPollerCall *call)
{
  g_autoptr(CprocOwner) owner = g_steal_pointer (&call->owner);
  gpointer object = NULL;

  if (owner == NULL || (object = cproc_owner_hold (owner)) != NULL)
    call->func (call->user_data);
  if (object != NULL)
    cproc_owner_drop (owner, object);
}

static void
poller_handle_event (CprocPoller              *self,
                     const struct epoll_event *event,
                     gboolean                  with_bounded)
{
  /* poll(2) and epoll_ctl(2) use the same bits. */
  GIOCondition condition = (GIOCondition) event->events;
  CprocWatch *watch = NULL;

  for (;;)
    {
      CprocPollerCall call;

      g_mutex_lock (&self->mutex);
      watch = poller_find_watch (self, event->data.u64, condition, with_bounded, watch);
      call = poller_take_call (watch);
      g_mutex_unlock (&self->mutex);

      if (call.func == NULL)
        return;

      poller_call (&call);
    }
}

static void
poller_remove_pending (CprocPoller *self,
                       CprocWatch  *watch)
{
  CprocWatch **link = &self->pending;

  while (*link != NULL && *link != watch)
    link = &(*link)->next_pending;
  if (*link == watch)
    *link = watch->next_pending;
  watch->next_pending = NULL;
}

static void
poller_append_pending (CprocPoller *self,
                       CprocWatch  *watch)
{
  CprocWatch **link = &self->pending;

  while (*link != NULL)
    link = &(*link)->next_pending;
  *link = watch;
}

/* Calls the pending watches. FALSE if the turn was over before each of them was called once. */
static gboolean
poller_handle_pending (CprocPoller *self)
{
  guint n_pending = 0;

  g_mutex_lock (&self->mutex);
  for (CprocWatch *watch = self->pending; watch != NULL; watch = watch->next_pending)
    n_pending++;
  g_mutex_unlock (&self->mutex);

  while (n_pending-- > 0)
    {
      CprocPollerCall call;
      CprocWatch *watch;

      g_mutex_lock (&self->mutex);
      watch = self->pending;
      if (watch != NULL)
        {
          poller_remove_pending (self, watch);
          poller_append_pending (self, watch);
        }
      call = poller_take_call (watch);
      g_mutex_unlock (&self->mutex);

      if (call.func == NULL)
        return TRUE;
      poller_call (&call);
      if (cproc_turn_is_over (self->turn))
        return FALSE;
    }

  return TRUE;
}

/* Collects the events of the descriptors that the main context polls. */
static int
poller_collect_polled (CprocPoller        *self,
                       struct epoll_event *events,
                       int                 max_events,
                       int                 n_events)
{
  GHashTableIter iter;
  gpointer fd, value;

  g_mutex_lock (&self->mutex);
  g_hash_table_iter_init (&iter, self->entries);
  while (n_events < max_events && g_hash_table_iter_next (&iter, &fd, &value))
    {
      CprocPollerEntry *entry = value;
      GIOCondition condition = entry->is_polled ? entry->poll.revents : 0;

      if (condition == 0)
        continue;

      events[n_events].events = condition;
      events[n_events].data.u64 = event_key (GPOINTER_TO_INT (fd), entry->generation);
      n_events++;
    }
  g_mutex_unlock (&self->mutex);

  return n_events;
}

static int
poller_collect (CprocPoller        *self,
                struct epoll_event *events,
                int                 max_events)
{
  int n_events;

  if (self->epoll_fd < 0)
    return poller_collect_polled (self, events, max_events, 0);

  do
    n_events = epoll_wait (self->epoll_fd, events, max_events, 0);
  while (n_events < 0 && errno == EINTR);

  n_events = MAX (n_events, 0);

  return self->has_refused ? poller_collect_polled (self, events, max_events, n_events) : n_events;
}

/* Space for all ready descriptors: needed to find the place where the last turn was cut short. */
static int
poller_get_max_events (CprocPoller *self)
{
  int n_entries;

  if (self->last_key == 0)
    return MAX_EVENTS;

  g_mutex_lock (&self->mutex);
  n_entries = (int) g_hash_table_size (self->entries);
  g_mutex_unlock (&self->mutex);

  return MAX (n_entries, MAX_EVENTS);
}

/* The events come in the same order at every turn. */
static int
poller_find_first (CprocPoller              *self,
                   const struct epoll_event *events,
                   int                       n_events)
{
  if (self->last_key != 0)
    for (int i = 0; i < n_events; i++)
      if (events[i].data.u64 == self->last_key)
        return i + 1;

  return 0;
}

/* with_bounded: also calls bounded watches, until the turn is over. Unbounded watches never
 * wait. */
static void
poller_handle_events (CprocPoller *self,
                      gboolean     with_bounded)
{
  int max_events = poller_get_max_events (self);
  struct epoll_event few[MAX_EVENTS];
  g_autofree struct epoll_event *many =
    max_events > MAX_EVENTS ? g_new (struct epoll_event, max_events) : NULL;
  struct epoll_event *events = many != NULL ? many : few;
  int n_events = poller_collect (self, events, max_events);
  int first = poller_find_first (self, events, n_events);

  if (with_bounded)
    self->last_key = 0;
  for (int i = 0; i < n_events && !g_source_is_destroyed (&self->source); i++)
    {
      const struct epoll_event *event = &events[(first + i) % n_events];

      poller_handle_event (self, event, with_bounded);
      if (with_bounded && cproc_turn_is_over (self->turn))
        {
          with_bounded = FALSE;
          self->last_key = event->data.u64;
        }
    }
}

static gboolean
poller_has_pending (CprocPoller *self)
{
  gboolean has_pending;

  g_mutex_lock (&self->mutex);
  has_pending = self->pending != NULL;
  g_mutex_unlock (&self->mutex);

  return has_pending;
}

static gboolean
poller_prepare (GSource *source,
                int     *timeout)
{
  CprocPoller *self = (CprocPoller *) source;
  gboolean has_pending = poller_has_pending (self);

  *timeout = has_pending ? 0 : -1;

  return has_pending && cproc_turn_is_open (self->turn, source);
}

/* Returns whether there is an event for a watch. Events that wait for their turn are found again at
 * every check. */
static gboolean
poller_has_event (CprocPoller *self,
                  gboolean     with_bounded)
{
  struct epoll_event events[MAX_EVENTS];
  int n_events = poller_collect (self, events, MAX_EVENTS);
  gboolean has_event = FALSE;

  g_mutex_lock (&self->mutex);
  for (int i = 0; i < n_events && !has_event; i++)
    has_event = poller_find_watch (self, events[i].data.u64, (GIOCondition) events[i].events,
                                   with_bounded, NULL) != NULL;
  g_mutex_unlock (&self->mutex);

  return has_event;
}

static gboolean
poller_check (GSource *source)
{
  CprocPoller *self = (CprocPoller *) source;
  gboolean is_ready;

  if (self->process != getpid ())
    return FALSE;

  if (self->epoll_fd >= 0 && !self->has_refused)
    is_ready = self->epoll_poll.revents != 0;
  else
    is_ready = poller_has_event (self, TRUE);

  return cproc_turn_admit (self->turn, source, is_ready || poller_has_pending (self)) ||
         (is_ready && poller_has_event (self, FALSE));
}

static void
poller_run_turn (CprocPoller *self)
{
  gboolean is_events_first = self->is_events_first;

  self->is_events_first = FALSE;
  if (is_events_first)
    {
      poller_handle_events (self, TRUE);
      if (cproc_turn_is_over (self->turn))
        return;
    }

  self->is_events_first = !poller_handle_pending (self);
  if (!is_events_first && !g_source_is_destroyed (&self->source))
    poller_handle_events (self, !self->is_events_first);
}

static gboolean
poller_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  CprocPoller *self = (CprocPoller *) source;
  CprocTurnDispatch dispatch;

  /* A fork must not take the parent's events. */
  if (self->process != getpid ())
    return G_SOURCE_REMOVE;

  if (cproc_turn_enter (self->turn, source, &dispatch))
    {
      poller_run_turn (self);
      cproc_turn_leave (&dispatch);
    }
  else
    {
      poller_handle_events (self, FALSE);
    }

  return G_SOURCE_CONTINUE;
}

static void
poller_finalize (GSource *source)
{
  CprocPoller *self = (CprocPoller *) source;

  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  cproc_turn_unref (self->turn);
  g_hash_table_unref (self->entries);
  g_mutex_clear (&self->mutex);
}

static GSourceFuncs poller_funcs = {
  .prepare = poller_prepare,
  .check = poller_check,
  .dispatch = poller_dispatch,
  .finalize = poller_finalize,
};

static CprocPoller *
poller_new (GMainContext *context,
            int           priority)
{
  GSource *source = g_source_new (&poller_funcs, sizeof (CprocPoller));
  CprocPoller *self = (CprocPoller *) source;

  self->context = context;
  self->process = getpid ();
  g_mutex_init (&self->mutex);
  self->entries = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->epoll_fd = -1;
  self->turn = cproc_turn_acquire (context);
  g_source_set_priority (source, priority);
  /* A handler may run a nested main loop, in which other children go on. */
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "[libcproc] poller");
  g_source_attach (source, context);

  return self;
}

/* Call with the lock of the pollers held. */
static CprocPoller *
poller_get (GMainContext *context,
            int           priority)
{
  GSList *list;
  CprocPoller *self;

  if (pollers == NULL)
    pollers = g_hash_table_new (NULL, NULL);

  list = g_hash_table_lookup (pollers, context);
  for (GSList *l = list; l != NULL; l = l->next)
    {
      GSource *source = l->data;

      /* The context may have been freed and a new one allocated at the same address. */
      if (!g_source_is_destroyed (source) && g_source_get_priority (source) == priority)
        return l->data;
    }

  self = poller_new (context, priority);
  g_hash_table_insert (pollers, context, g_slist_prepend (list, self));

  return self;
}

/* Call with the lock of the pollers held. */
static void
poller_forget (CprocPoller *self)
{
  GSList *list = g_slist_remove (g_hash_table_lookup (pollers, self->context), self);

  if (list != NULL)
    g_hash_table_insert (pollers, self->context, list);
  else
    g_hash_table_remove (pollers, self->context);
}

static guint32
entry_get_events (CprocPollerEntry *entry)
{
  guint32 events = 0;

  for (CprocWatch *watch = entry->watches; watch != NULL; watch = watch->next)
    events |= watch->condition;

  return events;
}

/* The main context polls the descriptor, but poller_check() decides what is ready. */
static void
poller_poll (CprocPoller      *self,
             int               fd,
             CprocPollerEntry *entry)
{
  entry->poll.fd = fd;
  entry->poll.events = entry->events;
  if (entry->is_polled)
    {
      g_main_context_wakeup (self->context);
      return;
    }

  entry->poll.revents = 0;
  entry->is_polled = TRUE;
  g_source_add_poll (&self->source, &entry->poll);
}

static void
poller_stop_polling (CprocPoller      *self,
                     CprocPollerEntry *entry)
{
  entry->is_polled = FALSE;
  if (!g_source_is_destroyed (&self->source))
    g_source_remove_poll (&self->source, &entry->poll);
}

static void
poller_control (CprocPoller      *self,
                int               operation,
                int               fd,
                CprocPollerEntry *entry)
{
  struct epoll_event event = { .events = entry->events,
                               .data.u64 = event_key (fd, entry->generation) };

  if (fd < 0)
    return;

  if (self->epoll_fd < 0 || entry->is_polled)
    {
      if (operation == EPOLL_CTL_DEL)
        poller_stop_polling (self, entry);
      else if (!g_source_is_destroyed (&self->source))
        poller_poll (self, fd, entry);
    }
  else if (self->process == getpid () &&
           epoll_ctl (self->epoll_fd, operation, fd, &event) != 0 && operation == EPOLL_CTL_ADD)
    {
      /* The kernel limits the watches of a user (epoll(7), max_user_watches). */
      self->has_refused = TRUE;
      poller_poll (self, fd, entry);
    }
}

/* Hands all descriptors over to epoll. If the system has no descriptor left for epoll, the main
 * context goes on polling them. */
static void
poller_grow (CprocPoller *self)
{
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  GHashTableIter iter;
  gpointer fd, value;

  if (epoll_fd < 0)
    return;

  self->epoll_fd = epoll_fd;
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &fd, &value))
    {
      CprocPollerEntry *entry = value;

      if (!entry->is_polled)
        continue;

      poller_stop_polling (self, entry);
      poller_control (self, EPOLL_CTL_ADD, GPOINTER_TO_INT (fd), entry);
    }
  self->epoll_poll = (GPollFD) { .fd = epoll_fd, .events = G_IO_IN };
  g_source_add_poll (&self->source, &self->epoll_poll);
}

static void
poller_add (CprocPoller *self,
            CprocWatch  *watch)
{
  CprocPollerEntry *entry = g_hash_table_lookup (self->entries, GINT_TO_POINTER (watch->fd));
  gboolean is_new = entry == NULL;

  if (is_new)
    {
      entry = g_new0 (CprocPollerEntry, 1);
      entry->generation = ++self->generation;
      g_hash_table_insert (self->entries, GINT_TO_POINTER (watch->fd), entry);
    }

  watch->poller = self;
  watch->next = entry->watches;
  entry->watches = watch;
  entry->events = entry_get_events (entry);
  poller_control (self, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watch->fd, entry);

  if (self->epoll_fd < 0 && g_hash_table_size (self->entries) > MAX_POLLED)
    poller_grow (self);
}

static void
poller_remove (CprocPoller *self,
               CprocWatch  *watch)
{
  CprocPollerEntry *entry = g_hash_table_lookup (self->entries, GINT_TO_POINTER (watch->fd));
  CprocWatch **link = &entry->watches;

  while (*link != watch)
    link = &(*link)->next;
  *link = watch->next;
  watch->next = NULL;
  watch->poller = NULL;
  poller_remove_pending (self, watch);

  entry->events = entry_get_events (entry);
  if (entry->watches != NULL)
    {
      poller_control (self, EPOLL_CTL_MOD, watch->fd, entry);
    }
  else
    {
      poller_control (self, EPOLL_CTL_DEL, watch->fd, entry);
      g_hash_table_remove (self->entries, GINT_TO_POINTER (watch->fd));
    }
}

void
cproc_poller_add (CprocWatch   *watch,
                  GMainContext *context)
{
  CprocPoller *poller;

  g_mutex_lock (&pollers_mutex);
  poller = poller_get (context, watch->priority);
  g_mutex_lock (&poller->mutex);
  poller_add (poller, watch);
  g_mutex_unlock (&poller->mutex);
  g_mutex_unlock (&pollers_mutex);
}

void
cproc_poller_remove (CprocWatch *watch)
{
  CprocPoller *poller = watch->poller;
  gboolean is_empty;

  g_mutex_lock (&pollers_mutex);
  g_mutex_lock (&poller->mutex);
  poller_remove (poller, watch);
  is_empty = g_hash_table_size (poller->entries) == 0;
  if (is_empty)
    poller_forget (poller);
  g_mutex_unlock (&poller->mutex);
  g_mutex_unlock (&pollers_mutex);

  if (!is_empty)
    return;

  g_source_destroy ((GSource *) poller);
  cproc_turn_release (poller->turn, (GSource *) poller);
  g_source_unref ((GSource *) poller);
}

gboolean
cproc_poller_is_turn_over (CprocPoller *self)
{
  return cproc_turn_is_over (self->turn);
}

void
cproc_poller_set_pending (CprocWatch *watch,
                          gboolean    pending)
{
  CprocPoller *poller = watch->poller;

  g_mutex_lock (&poller->mutex);
  poller_remove_pending (poller, watch);
  if (pending)
    poller_append_pending (poller, watch);
  g_mutex_unlock (&poller->mutex);
}
