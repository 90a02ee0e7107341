/** The skeleton that the script fills. */
export const BODY = `<div class="bar" role="toolbar" aria-label="View and filter">
<span class="group"><button id="zoom-out" type="button" aria-label="zoom out" title="zoom out (-)">−</button><button id="zoom-in" type="button" aria-label="zoom in" title="zoom in (+)">+</button><button id="fit" type="button" title="all of it (0)">fit</button></span>
<span id="range"></span>
<span class="group" id="violation-group"><span class="name">violation</span><button id="violation-before" type="button" aria-label="violation before" title="violation before (p)">‹</button><button id="violation-next" type="button" aria-label="next violation" title="next violation (n)">›</button><span id="violation-at"></span></span>
<span class="group"><input id="filter-text" type="search" placeholder="filter (/)" aria-label="filter by text"><select id="filter-partition" aria-label="partition"><option value="-1">all partitions</option></select><select id="filter-node" aria-label="node"><option value="-1">all nodes</option></select></span>
<span class="group" id="channels" role="group" aria-label="messages by channel"><span class="name">messages</span></span>
</div>
<main>
<section class="time" aria-label="time-line">
<div class="strip" id="overview" title="the whole run; drag to move"><canvas></canvas></div>
<div class="strip" id="axis"><canvas></canvas></div>
<div class="pane" id="nodes" tabindex="0" role="group" aria-label="Lanes of the nodes. Arrow keys move, plus and minus zoom. The list of events has the same as text."><div class="spacer"><canvas></canvas></div></div>
<div class="pane" id="keys" tabindex="0" role="group" aria-label="Operations by key. Arrow keys move, plus and minus zoom. The list of events has the same as text."><div class="spacer"><canvas></canvas></div></div>
<div id="messages-note" role="status"></div>
</section>
<aside aria-label="events">
<div id="kinds" role="group" aria-label="kinds of events"></div>
<div id="list-count"></div>
<div id="list" role="listbox" tabindex="0" aria-label="events by time; Enter zooms in"><div id="list-inner"></div></div>
<p id="details" role="status" aria-label="the chosen event">Choose an event, or point at something.</p>
</aside>
</main>
<footer aria-label="legend">
<span><i class="l-up"></i>process runs</span><span><i class="l-paused"></i>paused</span><span>✕ ends</span>
<span><i class="l-slave"></i>slave</span><span><i class="l-term"></i>master, by term</span><span><i class="l-candidate"></i>candidate</span><span><i class="l-vote"></i>voted</span><span><i class="l-install"></i>snapshot</span>
<span><i class="l-entry"></i>appended, acknowledged, committed</span><span><i class="l-fault"></i>fault</span>
<span><i class="l-set"></i>set</span><span><i class="l-get"></i>get</span><span><i class="l-delete"></i>delete</span><span><i class="l-open"></i>no answer</span><span>3· place in the order</span><span><i class="l-bad"></i>cannot be placed, violation</span><span><i class="l-selected"></i>chosen</span>
<span><kbd>wheel</kbd> zoom</span><span><kbd>⇧ wheel</kbd> <kbd>drag</kbd> <kbd>← →</kbd> move</span><span><kbd>n</kbd> <kbd>p</kbd> violations</span><span><kbd>j</kbd> <kbd>k</kbd> events</span><span><kbd>/</kbd> filter</span>
</footer>
<div id="tip" role="tooltip" hidden></div>`
